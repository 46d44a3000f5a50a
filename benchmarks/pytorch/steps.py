"""Training steps in PyTorch, eager: the other side of SideBySide.

Usage: steps.py FOLDER. Reads commands "CASE VARIANT BATCH STEPS SEED" from standard input, loads the tensors of
FOLDER/CASE.safetensors (parameters by their names, x, y, and in the metadata the sizes), trains so many steps
from there and answers with the seconds of a step and the losses. Batches are drawn as the lectures do it,
torch.randint after torch.manual_seed(SEED).
"""
import sys
import time

import torch
from torch.nn import functional as F

import models
from weights import read_safetensors

RATE = 0.1


def run(step, x, y, batch, steps, seed):
    torch.manual_seed(seed)
    losses = []
    start = time.perf_counter()
    for _ in range(steps):
        rows = torch.randint(0, x.shape[0], (batch,))
        losses.append(step(x[rows], y[rows]))
    return [(time.perf_counter() - start) / steps] + losses


def manual_mlp(p):
    """Lecture 5, exercise 4, without a graph; the gradient of C by index_add_."""
    names = ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]

    @torch.no_grad()
    def step(xb, yb):
        C, W1, b1, W2, b2, bngain, bnbias = (p[name] for name in names)
        n = xb.shape[0]
        emb = C[xb]
        embcat = emb.view(n, -1)
        hprebn = embcat @ W1 + b1
        bnmean = hprebn.mean(0, keepdim=True)
        bnvar_inv = (hprebn.var(0, keepdim=True, unbiased=True) + 1e-5) ** -0.5
        bnraw = (hprebn - bnmean) * bnvar_inv
        h = torch.tanh(bngain * bnraw + bnbias)
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, yb)
        dlogits = F.softmax(logits, 1)
        dlogits[range(n), yb] -= 1
        dlogits /= n
        dh = dlogits @ W2.T
        dhpreact = (1 - h**2) * dh
        dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
        dbnbias = dhpreact.sum(0, keepdim=True)
        dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dbnbias - n / (n - 1) * bnraw * dbngain)
        demb = (dhprebn @ W1.T).view(emb.shape)
        dC = torch.zeros_like(C)
        dC.index_add_(0, xb.view(-1), demb.view(-1, C.shape[1]))
        grads = [dC, embcat.T @ dhprebn, dhprebn.sum(0), h.T @ dlogits, dlogits.sum(0), dbngain, dbnbias]
        for name, grad in zip(names, grads):
            p[name] += -RATE * grad
        return loss.item()

    return step


def autograd_mlp(p):
    """The same network, differentiated by autograd."""
    for tensor in p.values():
        tensor.requires_grad_()

    def step(xb, yb):
        hprebn = p["C"][xb].view(xb.shape[0], -1) @ p["W1"] + p["b1"]
        bnvar_inv = (hprebn.var(0, keepdim=True, unbiased=True) + 1e-5) ** -0.5
        bnraw = (hprebn - hprebn.mean(0, keepdim=True)) * bnvar_inv
        h = torch.tanh(p["bngain"] * bnraw + p["bnbias"])
        loss = F.cross_entropy(h @ p["W2"] + p["b2"], yb)
        for tensor in p.values():
            tensor.grad = None
        loss.backward()
        for tensor in p.values():
            tensor.data += -RATE * tensor.grad
        return loss.item()

    return step


def sgd(model):
    parameters = list(model.parameters())

    def step(xb, yb):
        loss = F.cross_entropy(model(xb), yb)
        for tensor in parameters:
            tensor.grad = None
        loss.backward()
        for tensor in parameters:
            tensor.data += -RATE * tensor.grad
        return loss.item()

    return step


def adamw(model):
    """The training step of the makemore program."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=5e-4, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-8)

    def step(xb, yb):
        logits = model(xb)
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), yb.view(-1), ignore_index=-1)
        model.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def make(variant, tensors, sizes):
    if variant == "manual":
        return manual_mlp(tensors)
    if variant == "autograd":
        return autograd_mlp(tensors)
    if variant == "lecture":
        return sgd(models.LectureNet(tensors, sizes))
    if variant == "nn":
        return sgd(models.NnNet(tensors, sizes))
    if variant == "makemore":
        return adamw(models.Transformer.of(tensors, sizes, fused=False))
    if variant == "sdpa":
        return adamw(models.Transformer.of(tensors, sizes, fused=True))
    raise ValueError("unknown variant " + variant)


def main():
    torch.set_num_threads(1)
    folder = sys.argv[1]
    print("torch", torch.__version__, flush=True)
    for line in sys.stdin:
        case, variant, batch, steps, seed = line.split()
        tensors = read_safetensors(folder + "/" + case + ".safetensors")
        x, y = tensors.pop("x"), tensors.pop("y")
        sizes = {k[5:]: int(tensors.pop(k)) for k in list(tensors) if k.startswith("size.")}
        step = make(variant, tensors, sizes)
        print(*run(step, x, y, int(batch), int(steps), int(seed)), flush=True)


main()
