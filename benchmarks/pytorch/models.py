"""The networks of the lectures and of the makemore program in PyTorch, given their weights."""
import math

import torch
from torch import nn
from torch.nn import functional as F


class LectureBatchNorm(nn.Module):
    """The lectures' module: mean and unbiased variance over all axes but the last."""

    def __init__(self, gamma, beta):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(gamma), nn.Parameter(beta)
        self.running_mean, self.running_var = torch.zeros_like(gamma), torch.ones_like(gamma)

    def forward(self, x):
        axes = tuple(range(x.ndim - 1))
        mean = x.mean(axes, keepdim=True)
        var = x.var(axes, keepdim=True)
        y = self.gamma * ((x - mean) / torch.sqrt(var + 1e-5)) + self.beta
        with torch.no_grad():
            self.running_mean = 0.9 * self.running_mean + 0.1 * mean
            self.running_var = 0.9 * self.running_var + 0.1 * var
        return y


class NnBatchNorm(nn.BatchNorm1d):
    """PyTorch's own, whose variance is the biased one. r makes it the lectures': see below."""

    def forward(self, x):
        rows = x.reshape(-1, x.shape[-1])
        r = rows.shape[0] / (rows.shape[0] - 1)
        y = F.batch_norm(rows, self.running_mean, self.running_var, self.weight * r**-0.5, self.bias,
                         True, 0.1, 1e-5 / r)
        return y.view(x.shape)


def nn_batch_norm(gamma, beta):
    module = NnBatchNorm(gamma.shape[0])
    module.weight, module.bias = nn.Parameter(gamma), nn.Parameter(beta)
    return module


class Linear(nn.Module):
    def __init__(self, weight, bias):
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)

    def forward(self, x):
        y = x @ self.weight
        return y if self.bias is None else y + self.bias


class FlattenConsecutive(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        batch, positions, features = x.shape
        x = x.view(batch, positions // self.n, features * self.n)
        return x.squeeze(1) if x.shape[1] == 1 else x


class Embedding(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x):
        return self.weight[x]


class NnEmbedding(Embedding):
    def forward(self, x):
        return F.embedding(x, self.weight)


class LectureNet(nn.Module):
    """Embedding, then layers of FlattenConsecutive, Linear, batch norm, Tanh, in the order of the names:
    layers.I.weight, layers.I.bias, layers.I.gamma, layers.I.beta; a size "flatten.I" is layer I's n."""

    embedding, batch_norm = Embedding, LectureBatchNorm

    def __init__(self, tensors, sizes):
        super().__init__()
        layers = []
        for i in range(sizes["layers"]):
            prefix = f"layers.{i}."
            weight = tensors.get(prefix + "weight")
            if i == 0:
                layers.append(self.embedding(weight))
            elif weight is not None:
                layers.append(Linear(weight, tensors.get(prefix + "bias")))
            elif prefix + "gamma" in tensors:
                layers.append(type(self).batch_norm(tensors[prefix + "gamma"], tensors[prefix + "beta"]))
            elif f"flatten.{i}" in sizes:
                layers.append(FlattenConsecutive(sizes[f"flatten.{i}"]))
            else:
                layers.append(nn.Tanh())
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


class NnNet(LectureNet):
    """The same network of PyTorch's own layers."""

    embedding = NnEmbedding
    batch_norm = staticmethod(nn_batch_norm)


class NewGelu(nn.Module):
    def forward(self, x):
        return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))


class Attention(nn.Module):
    def __init__(self, channels, heads, block, fused):
        super().__init__()
        self.c_attn, self.c_proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.heads, self.fused = heads, fused
        self.register_buffer("mask", torch.tril(torch.ones(block, block)), persistent=False)

    def forward(self, x):
        batch, steps, channels = x.shape
        q, k, v = (part.view(batch, steps, self.heads, -1).transpose(1, 2)
                   for part in self.c_attn(x).split(channels, dim=2))
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            scores = scores.masked_fill(self.mask[:steps, :steps] == 0, float("-inf"))
            y = F.softmax(scores, dim=-1) @ v
        return self.c_proj(y.transpose(1, 2).contiguous().view(batch, steps, channels))


class Block(nn.Module):
    def __init__(self, channels, heads, block, fused):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attn = Attention(channels, heads, block, fused)
        gelu = nn.GELU(approximate="tanh") if fused else NewGelu()
        self.mlp = nn.ModuleDict({
            "c_fc": nn.Linear(channels, 4 * channels),
            "c_proj": nn.Linear(4 * channels, channels),
            "act": gelu,
        })

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        m = self.mlp
        return x + m["c_proj"](m["act"](m["c_fc"](self.ln_2(x))))


class Transformer(nn.Module):
    """The makemore program's transformer. Fused: with PyTorch's own attention and GELU."""

    def __init__(self, vocab, block, channels, layers, heads, fused):
        super().__init__()
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(vocab, channels),
            "wpe": nn.Embedding(block, channels),
            "h": nn.ModuleList(Block(channels, heads, block, fused) for _ in range(layers)),
            "ln_f": nn.LayerNorm(channels),
        })
        self.lm_head = nn.Linear(channels, vocab, bias=False)

    @staticmethod
    def of(tensors, sizes, fused):
        vocab, channels = tensors["transformer.wte.weight"].shape
        block = tensors["transformer.wpe.weight"].shape[0]
        model = Transformer(vocab, block, channels, sizes["layers"], sizes["heads"], fused)
        model.load_state_dict(tensors)
        return model

    def forward(self, idx):
        positions = torch.arange(0, idx.size(1), dtype=torch.long).unsqueeze(0)
        x = self.transformer["wte"](idx) + self.transformer["wpe"](positions)
        for block in self.transformer["h"]:
            x = block(x)
        return self.lm_head(self.transformer["ln_f"](x))


class RnnCell(nn.Module):
    def __init__(self, vector, hidden):
        super().__init__()
        self.xh_to_h = nn.Linear(vector + hidden, hidden)

    def forward(self, x, h):
        return torch.tanh(self.xh_to_h(torch.cat([x, h], 1)))


class GruCell(nn.Module):
    def __init__(self, vector, hidden):
        super().__init__()
        for gate in ("xh_to_z", "xh_to_r", "xh_to_hbar"):
            setattr(self, gate, nn.Linear(vector + hidden, hidden))

    def forward(self, x, h):
        xh = torch.cat([x, h], 1)
        reset = torch.sigmoid(self.xh_to_r(xh))
        new = torch.tanh(self.xh_to_hbar(torch.cat([x, reset * h], 1)))
        share = torch.sigmoid(self.xh_to_z(xh))
        return (1 - share) * h + share * new


class Recurrent(nn.Module):
    """The makemore program's RNN or GRU, one position after the other."""

    def __init__(self, tensors, cell):
        super().__init__()
        vocab, vector = tensors["wte.weight"].shape
        hidden = tensors["start"].shape[1]
        self.start = nn.Parameter(torch.zeros(1, hidden))
        self.wte, self.cell = nn.Embedding(vocab, vector), cell(vector, hidden)
        self.lm_head = nn.Linear(hidden, vocab)
        self.load_state_dict(tensors)

    def forward(self, idx):
        vectors = self.wte(idx)
        h, states = self.start.expand(idx.shape[0], -1), []
        for i in range(idx.shape[1]):
            h = self.cell(vectors[:, i], h)
            states.append(h)
        return self.lm_head(torch.stack(states, 1))


class BagOfWords(nn.Module):
    """The makemore program's bag of words: each position adds the mean of those up to it."""

    def __init__(self, tensors):
        super().__init__()
        vocab, channels = tensors["wte.weight"].shape
        block, hidden = tensors["wpe.weight"].shape[0], tensors["context_block.mlp.c_fc.weight"].shape[0]
        self.wte, self.wpe = nn.Embedding(vocab, channels), nn.Embedding(block, channels)
        self.context_block = nn.ModuleDict({"mlp": nn.ModuleDict({
            "c_fc": nn.Linear(channels, hidden),
            "c_proj": nn.Linear(hidden, channels),
        })})
        self.lm_head = nn.Linear(channels, vocab)
        self.load_state_dict(tensors)
        self.register_buffer("mask", torch.tril(torch.ones(block, block)), persistent=False)

    def forward(self, idx):
        batch, steps = idx.shape
        x = self.wte(idx) + self.wpe(torch.arange(steps).unsqueeze(0))
        scores = torch.zeros(batch, steps, steps).masked_fill(self.mask[:steps, :steps] == 0, float("-inf"))
        x = x + F.softmax(scores, dim=-1) @ x
        mlp = self.context_block["mlp"]
        x = x + mlp["c_proj"](torch.tanh(mlp["c_fc"](x)))
        return self.lm_head(x)


class Head(nn.Module):
    """One head of the lecture's attention."""

    def __init__(self, channels, size, block):
        super().__init__()
        self.key = nn.Linear(channels, size, bias=False)
        self.query = nn.Linear(channels, size, bias=False)
        self.value = nn.Linear(channels, size, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(block, block)), persistent=False)

    def forward(self, x):
        steps = x.shape[1]
        k, q = self.key(x), self.query(x)
        scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        scores = scores.masked_fill(self.tril[:steps, :steps] == 0, float("-inf"))
        return F.softmax(scores, dim=-1) @ self.value(x)


class MultiHeadAttention(nn.Module):
    def __init__(self, channels, heads, block):
        super().__init__()
        self.heads = nn.ModuleList(Head(channels, channels // heads, block) for _ in range(heads))
        self.proj = nn.Linear(channels, channels)

    def forward(self, x):
        return self.proj(torch.cat([head(x) for head in self.heads], dim=-1))


class FeedForward(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(channels, 4 * channels), nn.ReLU(), nn.Linear(4 * channels, channels))

    def forward(self, x):
        return self.net(x)


class GptBlock(nn.Module):
    def __init__(self, channels, heads, block):
        super().__init__()
        self.sa, self.ffwd = MultiHeadAttention(channels, heads, block), FeedForward(channels)
        self.ln1, self.ln2 = nn.LayerNorm(channels), nn.LayerNorm(channels)

    def forward(self, x):
        x = x + self.sa(self.ln1(x))
        return x + self.ffwd(self.ln2(x))


class Gpt(nn.Module):
    """The GPT of lecture 7."""

    def __init__(self, tensors):
        super().__init__()
        vocab, channels = tensors["token_embedding_table.weight"].shape
        self.block = tensors["position_embedding_table.weight"].shape[0]
        heads = channels // tensors["blocks.0.sa.heads.0.key.weight"].shape[0]
        layers = sum(name.endswith(".ln1.weight") for name in tensors)
        self.token_embedding_table = nn.Embedding(vocab, channels)
        self.position_embedding_table = nn.Embedding(self.block, channels)
        self.blocks = nn.Sequential(*(GptBlock(channels, heads, self.block) for _ in range(layers)))
        self.ln_f = nn.LayerNorm(channels)
        self.lm_head = nn.Linear(channels, vocab)
        self.load_state_dict(tensors)

    def forward(self, idx):
        x = self.token_embedding_table(idx)
        x = x + self.position_embedding_table(torch.arange(idx.shape[1]))
        return self.lm_head(self.ln_f(self.blocks(x)))
