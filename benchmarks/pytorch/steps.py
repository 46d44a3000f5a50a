"""Training steps in PyTorch: the other side of SideBySide.

Usage: steps.py FOLDER. Reads commands "CASE VARIANT BATCH STEPS SEED" from standard input, loads the tensors of
FOLDER/CASE.safetensors (parameters by their names, x, y, and as size.* the sizes), trains so many steps
from there and answers with the seconds of a step and the losses. Batches are drawn as the lectures do it,
torch.randint after torch.manual_seed(SEED).

A variant whose name begins with "compiled-" is the rest of the name, the whole step with its update under
torch.compile, which is warmed up before the clock starts. The variant "generate" draws STEPS tokens instead.
"""
import sys
import time

import torch
from torch.nn import functional as F

import models
from weights import read_safetensors

RATE = 0.1
WARM_UP = 3  # steps: the first calls compile, and AdamW makes its state
COMPILED = "compiled-"


def run(step, x, y, batch, steps, seed):
    torch.manual_seed(seed)
    losses = []
    start = time.perf_counter()
    for _ in range(steps):
        rows = torch.randint(0, x.shape[0], (batch,))
        losses.append(step(x[rows], y[rows]).item())
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
        dlogits[torch.arange(n), yb] -= 1
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
        return loss

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
        with torch.no_grad():
            for tensor in p.values():
                tensor += -RATE * tensor.grad
        return loss.detach()

    return step


def sgd(model):
    parameters = list(model.parameters())

    def step(xb, yb):
        loss = F.cross_entropy(model(xb), yb)
        for tensor in parameters:
            tensor.grad = None
        loss.backward()
        with torch.no_grad():
            for tensor in parameters:
                tensor += -RATE * tensor.grad
        return loss.detach()

    return step, parameters, None


def adamw(model, lr=5e-4, betas=(0.9, 0.99)):
    """The training step of the makemore program."""
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=0.01, betas=betas, eps=1e-8)

    def step(xb, yb):
        logits = model(xb)
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), yb.view(-1), ignore_index=-1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step, parameters, optimizer


def make(variant, tensors, sizes):
    """Returns a step, the parameters that it changes, and its optimizer if it has one."""
    if variant == "manual":
        return manual_mlp(tensors), list(tensors.values()), None
    if variant == "autograd":
        return autograd_mlp(tensors), list(tensors.values()), None
    if variant == "lecture":
        return sgd(models.LectureNet(tensors, sizes))
    if variant == "nn":
        return sgd(models.NnNet(tensors, sizes))
    if variant == "makemore":
        return adamw(models.Transformer.of(tensors, sizes, fused=False))
    if variant == "sdpa":
        return adamw(models.Transformer.of(tensors, sizes, fused=True))
    if variant == "rnn":
        return adamw(models.Recurrent(tensors, models.RnnCell))
    if variant == "gru":
        return adamw(models.Recurrent(tensors, models.GruCell))
    if variant == "bow":
        return adamw(models.BagOfWords(tensors))
    if variant == "lecture7":
        return adamw(models.Gpt(tensors), lr=1e-3, betas=(0.9, 0.999))
    raise ValueError("unknown variant " + variant)


class Training:
    """A step with its data, which starts from the same weights each time. It is made once: a step that is
    made anew would be compiled anew."""

    def __init__(self, file, variant, batch):
        tensors = read_safetensors(file)
        self.x, self.y = tensors.pop("x"), tensors.pop("y")
        sizes = {k[5:]: int(tensors.pop(k)) for k in list(tensors) if k.startswith("size.")}
        self.step, self.parameters, self.optimizer = make(variant.removeprefix(COMPILED), tensors, sizes)
        self.first = [p.detach().clone() for p in self.parameters]
        self.batch = batch
        if variant.startswith(COMPILED):
            torch.compiler.reset()
            self.step = torch.compile(self.step)
            run(self.step, self.x, self.y, batch, WARM_UP, 0)

    @torch.no_grad()
    def rewind(self):
        for parameter, first in zip(self.parameters, self.first):
            parameter.copy_(first)
        if self.optimizer is not None:
            for state in self.optimizer.state.values():
                for tensor in state.values():
                    tensor.zero_()

    def run(self, steps, seed):
        self.rewind()
        return run(self.step, self.x, self.y, self.batch, steps, seed)


class Generation:
    """The tokens of a GPT as the lecture draws them."""

    def __init__(self, file, variant, batch):
        tensors = read_safetensors(file)
        self.model = models.Gpt({k: v for k, v in tensors.items() if k not in ("x", "y")})
        self.model.eval()

    @torch.no_grad()
    def run(self, tokens, seed):
        torch.manual_seed(seed)
        idx = torch.zeros((1, 1), dtype=torch.long)
        start = time.perf_counter()
        for _ in range(tokens):
            probs = F.softmax(self.model(idx[:, -self.model.block:])[:, -1, :], dim=-1)
            idx = torch.cat((idx, torch.multinomial(probs, num_samples=1)), dim=1)
        return [(time.perf_counter() - start) / tokens]


def main():
    torch.set_num_threads(1)
    folder = sys.argv[1]
    print("torch", torch.__version__, flush=True)
    trainings = {}
    for line in sys.stdin:
        case, variant, batch, steps, seed = line.split()
        key = (case, variant)
        if key not in trainings:
            kind = Generation if variant == "generate" else Training
            trainings[key] = kind(folder + "/" + case + ".safetensors", variant, int(batch))
        print(*trainings[key].run(int(steps), int(seed)), flush=True)


main()
