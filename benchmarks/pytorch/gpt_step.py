"""The GPT of lecture 7 in PyTorch: the other side of GptSideBySide.

Reads commands from standard input: "train STEPS SEED" answers with the seconds of a step and the losses,
"compiled STEPS SEED" does the same with the whole step under torch.compile, warmed up before the clock
starts, and "generate TOKENS" answers with the seconds of a token.
"""
import sys
import time

import torch
import torch.nn as nn
from torch.nn import functional as F

from weights import read_safetensors

BLOCK, CHANNELS, HEADS, LAYERS, BATCH = 64, 128, 4, 4, 12
WARM_UP = 3  # steps: the first calls compile, and AdamW makes its state


class Head(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.key = nn.Linear(CHANNELS, size, bias=False)
        self.query = nn.Linear(CHANNELS, size, bias=False)
        self.value = nn.Linear(CHANNELS, size, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(BLOCK, BLOCK)), persistent=False)

    def forward(self, x):
        steps = x.shape[1]
        k, q = self.key(x), self.query(x)
        scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        scores = scores.masked_fill(self.tril[:steps, :steps] == 0, float("-inf"))
        return F.softmax(scores, dim=-1) @ self.value(x)


class MultiHeadAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList(Head(CHANNELS // HEADS) for _ in range(HEADS))
        self.proj = nn.Linear(CHANNELS, CHANNELS)

    def forward(self, x):
        return self.proj(torch.cat([head(x) for head in self.heads], dim=-1))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(CHANNELS, 4 * CHANNELS), nn.ReLU(), nn.Linear(4 * CHANNELS, CHANNELS))

    def forward(self, x):
        return self.net(x)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.sa, self.ffwd = MultiHeadAttention(), FeedForward()
        self.ln1, self.ln2 = nn.LayerNorm(CHANNELS), nn.LayerNorm(CHANNELS)

    def forward(self, x):
        x = x + self.sa(self.ln1(x))
        return x + self.ffwd(self.ln2(x))


class Gpt(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.token_embedding_table = nn.Embedding(vocab, CHANNELS)
        self.position_embedding_table = nn.Embedding(BLOCK, CHANNELS)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.ln_f = nn.LayerNorm(CHANNELS)
        self.lm_head = nn.Linear(CHANNELS, vocab)

    def forward(self, idx):
        x = self.token_embedding_table(idx)
        x = x + self.position_embedding_table(torch.arange(idx.shape[1]))
        return self.lm_head(self.ln_f(self.blocks(x)))


class Training:
    """Steps from the same weights each time. A step that was made anew would be compiled anew."""

    def __init__(self, weights, tokens, compiled):
        self.weights, self.tokens = weights, tokens
        self.model = Gpt(weights["lm_head.bias"].shape[0])
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.01)
        if compiled:
            self.step = torch.compile(self.step)
            self.run(WARM_UP, 0)

    def step(self, x, y):
        logits = self.model(x)
        loss = F.cross_entropy(logits.view(-1, logits.shape[-1]), y.view(-1))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def rewind(self):
        self.model.load_state_dict(self.weights)
        for state in self.optimizer.state.values():
            for tensor in state.values():
                tensor.zero_()

    def run(self, steps, seed):
        self.rewind()
        torch.manual_seed(seed)
        losses = []
        start = time.perf_counter()
        for _ in range(steps):
            offsets = torch.randint(len(self.tokens) - BLOCK, (BATCH,))
            x = torch.stack([self.tokens[i : i + BLOCK] for i in offsets])
            y = torch.stack([self.tokens[i + 1 : i + 1 + BLOCK] for i in offsets])
            losses.append(self.step(x, y).item())
        return [(time.perf_counter() - start) / steps] + losses


@torch.no_grad()
def generate(weights, count):
    model = Gpt(weights["lm_head.bias"].shape[0])
    model.load_state_dict(weights)
    model.eval()
    idx = torch.zeros((1, 1), dtype=torch.long)
    start = time.perf_counter()
    for _ in range(count):
        probs = F.softmax(model(idx[:, -BLOCK:])[:, -1, :], dim=-1)
        idx = torch.cat((idx, torch.multinomial(probs, num_samples=1)), dim=1)
    return [(time.perf_counter() - start) / count]


def main():
    torch.set_num_threads(1)
    weights = read_safetensors(sys.argv[1])
    with open(sys.argv[2], "rb") as file:
        tokens = torch.frombuffer(bytearray(file.read()), dtype=torch.int64)
    print("torch", torch.__version__, flush=True)
    trainings = {}
    for line in sys.stdin:
        command, *numbers = line.split()
        numbers = [int(n) for n in numbers]
        if command == "generate":
            answer = generate(weights, *numbers)
        else:
            if command not in trainings:
                trainings[command] = Training(weights, tokens, command == "compiled")
            answer = trainings[command].run(*numbers)
        print(*answer, flush=True)


main()
