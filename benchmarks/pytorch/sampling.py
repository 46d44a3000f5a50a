"""Names drawn one after the other in PyTorch, eager, as the lectures draw them: the other side of SamplingSpeed.

Reads commands from standard input. "logits MODEL FILE BLOCK CHARACTER.." answers with the logits of what follows,
"draw MODEL FILE BLOCK COUNT SEED" with the seconds of a name and the mean length of the names.
"""
import math
import sys
import time

import torch
from torch.nn import functional as F

import models
from weights import read_safetensors

CONTEXT_MODELS = {"mlp", "mlp-bn", "deep", "wavenet"}
LONGEST = 100
HEADS = 4


class Weights:
    def __init__(self, tensors, block):
        self.tensors, self.block = tensors, block

    def __getitem__(self, name):
        return self.tensors[name]

    def linear(self, name, x):
        return F.linear(x, self.tensors[name + ".weight"], self.tensors.get(name + ".bias"))

    def norm(self, name, x):
        weight = self.tensors[name + ".weight"]
        return F.layer_norm(x, weight.shape, weight, self.tensors[name + ".bias"])

    def batch_norm(self, layer, x):
        name = f"layers.{layer}."
        xhat = (x - self.tensors[name + "running_mean"]) / torch.sqrt(
            self.tensors[name + "running_var"] + 1e-5)
        return self.tensors[name + "gamma"] * xhat + self.tensors[name + "beta"]


# The lectures' models: x is one context, (1, block size).


def mlp(w, x):
    emb = w["layers.0.weight"][x]
    h = torch.tanh(emb.view(emb.shape[0], -1) @ w["layers.2.weight"] + w["layers.2.bias"])
    return h @ w["layers.4.weight"] + w["layers.4.bias"]


def mlp_bn(w, x):
    emb = w["layers.0.weight"][x]
    hpreact = emb.view(emb.shape[0], -1) @ w["layers.2.weight"]
    hpreact = w["layers.3.gamma"] * (hpreact - w["layers.3.running_mean"]) / w["layers.3.running_std"]
    h = torch.tanh(hpreact + w["layers.3.beta"])
    return h @ w["layers.5.weight"] + w["layers.5.bias"]


def deep(w, x):
    emb = w["layers.0.weight"][x]
    x = emb.view(emb.shape[0], -1)
    for layer in range(2, 17, 3):
        x = torch.tanh(w.batch_norm(layer + 1, x @ w[f"layers.{layer}.weight"]))
    return w.batch_norm(18, x @ w["layers.17.weight"])


def wavenet(w, x):
    x = w["layers.0.weight"][x]
    for layer in (2, 6, 10):
        batch, positions, channels = x.shape
        x = x.view(batch, positions // 2, channels * 2)
        if x.shape[1] == 1:
            x = x.squeeze(1)
        x = torch.tanh(w.batch_norm(layer + 1, x @ w[f"layers.{layer}.weight"]))
    return x @ w["layers.13.weight"] + w["layers.13.bias"]


# The makemore program's: x is the text so far, (1, T), and there are logits for each position.


def bigram(w, x):
    return w["logits"][x]


def makemore_mlp(w, x):
    vectors = []
    for _ in range(w.block):
        vectors.append(w["wte.weight"][x])
        x = torch.roll(x, 1, 1)
        x[:, 0] = w["wte.weight"].shape[0] - 1
    return w.linear("mlp.2", torch.tanh(w.linear("mlp.0", torch.cat(vectors, -1))))


def recurrent(w, x, cell):
    vectors = w["wte.weight"][x]
    h = w["start"].expand(x.shape[0], -1)
    states = []
    for t in range(x.shape[1]):
        h = cell(w, vectors[:, t], h)
        states.append(h)
    return w.linear("lm_head", torch.stack(states, 1))


def rnn_cell(w, xt, h):
    return torch.tanh(w.linear("cell.xh_to_h", torch.cat([xt, h], 1)))


def gru_cell(w, xt, h):
    xh = torch.cat([xt, h], 1)
    r = torch.sigmoid(w.linear("cell.xh_to_r", xh))
    candidate = torch.tanh(w.linear("cell.xh_to_hbar", torch.cat([xt, r * h], 1)))
    z = torch.sigmoid(w.linear("cell.xh_to_z", xh))
    return (1 - z) * h + z * candidate


def bow(w, x):
    steps = x.shape[1]
    x = w["wte.weight"][x] + w["wpe.weight"][torch.arange(steps)]
    scores = torch.zeros((1, steps, steps)).masked_fill(w.mask[:, :steps, :steps] == 0, float("-inf"))
    x = x + F.softmax(scores, dim=-1) @ x
    hidden = torch.tanh(w.linear("context_block.mlp.c_fc", x))
    return w.linear("lm_head", x + w.linear("context_block.mlp.c_proj", hidden))


def gelu(x):
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


def transformer(w, x):
    batch, steps = x.shape
    x = w["transformer.wte.weight"][x] + w["transformer.wpe.weight"][torch.arange(steps)]
    channels = x.shape[2]
    layer = 0
    while f"transformer.h.{layer}.ln_1.weight" in w.tensors:
        at = f"transformer.h.{layer}."
        parts = w.linear(at + "attn.c_attn", w.norm(at + "ln_1", x)).split(channels, dim=2)
        q, k, v = (p.view(batch, steps, HEADS, channels // HEADS).transpose(1, 2) for p in parts)
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.shape[-1]))
        scores = scores.masked_fill(w.mask[:, :steps, :steps] == 0, float("-inf"))
        y = (F.softmax(scores, dim=-1) @ v).transpose(1, 2).contiguous().view(batch, steps, channels)
        x = x + w.linear(at + "attn.c_proj", y)
        x = x + w.linear(at + "mlp.c_proj", gelu(w.linear(at + "mlp.c_fc", w.norm(at + "ln_2", x))))
        layer += 1
    return w.linear("lm_head", w.norm("transformer.ln_f", x))


MODELS = {
    "mlp": mlp,
    "mlp-bn": mlp_bn,
    "deep": deep,
    "wavenet": wavenet,
    "bigram": bigram,
    "makemore-mlp": makemore_mlp,
    "rnn": lambda w, x: recurrent(w, x, rnn_cell),
    "gru": lambda w, x: recurrent(w, x, gru_cell),
    "bow": bow,
    "transformer": transformer,
    "gpt": lambda w, x: w.gpt(x),
}


def logits_of_context(model, w, context):
    return model(w, torch.tensor([context]))


def draw_from_contexts(model, w, count):
    length = 0
    for _ in range(count):
        context = [0] * w.block
        for _ in range(LONGEST):
            probs = F.softmax(logits_of_context(model, w, context), dim=1)
            ix = torch.multinomial(probs, num_samples=1).item()
            context = context[1:] + [ix]
            if ix == 0:
                break
            length += 1
    return length


def draw_from_texts(model, w, count):
    length = 0
    for _ in range(count):
        idx = torch.zeros((1, 1), dtype=torch.long)
        for _ in range(w.block - 1):
            probs = F.softmax(model(w, idx)[:, -1, :], dim=-1)
            ix = torch.multinomial(probs, num_samples=1)
            if ix.item() == 0:
                break
            idx = torch.cat((idx, ix), dim=1)
            length += 1
    return length


@torch.no_grad()
def answer(command, name, path, block, *numbers):
    w = Weights(read_safetensors(path), block)
    w.mask = torch.tril(torch.ones(block, block)).view(1, block, block)
    if name == "gpt":
        w.gpt = models.Gpt(w.tensors)
    model = MODELS[name]
    if command == "logits":
        if name in CONTEXT_MODELS:
            context = ([0] * block + list(numbers))[-block:]
            return logits_of_context(model, w, context)[0].tolist()
        return model(w, torch.tensor([[0] + list(numbers)]))[0, -1].tolist()
    count, seed = numbers
    torch.manual_seed(seed)
    draw = draw_from_contexts if name in CONTEXT_MODELS else draw_from_texts
    start = time.perf_counter()
    length = draw(model, w, count)
    return [(time.perf_counter() - start) / count, length / count]


def main():
    torch.set_num_threads(1)
    print("torch", torch.__version__, flush=True)
    for line in sys.stdin:
        command, name, path, *numbers = line.split()
        print(*answer(command, name, path, *(int(n) for n in numbers)), flush=True)


main()
