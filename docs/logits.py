"""Computes in PyTorch what an exported model predicts after a prefix, and compares it with Java.

    java -jar examples/target/makemore.jar export --work-dir runs/gru gru.safetensors
    java -cp examples/target/makemore.jar org.djlext.examples.djl.PrintLogits \\
        runs/gru/best.safetensors ma | python3 docs/logits.py gru.safetensors ma

Every model of makemore is here as a function of its tensors, w, and sizes, m; the comments give
shapes for T characters. Needs PyTorch 1.12 or later. The format is read here in a few lines;
safetensors.torch.load_file reads the same tensors, and safetensors.safe_open the metadata.
"""

import json
import struct
import sys

import torch
from torch.nn import functional as F

TYPES = {"F32": torch.float32, "F64": torch.float64}


def load(path):
    """Returns the tensors by their names, and the metadata."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data[begin:end], dtype=TYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata


def characters(metadata):
    """Returns the characters in the order of their numbers, and what a prefix starts with."""
    text = metadata["vocabulary"]
    if not text.startswith('{"type":'):
        return text, []  # of a long text
    vocabulary = json.loads(text)
    if vocabulary["type"] != "characters":
        sys.exit("this script knows characters alone; see Hugging Face's tokenizers for byte pairs")
    return vocabulary["characters"]["all"], [0]  # of names, before which comes the number 0


def linear(w, name, x):
    return F.linear(x, w[name + ".weight"], w.get(name + ".bias"))


def layer_norm(w, name, x):
    weight = w.get(name + ".weight")
    return x if weight is None else F.layer_norm(x, weight.shape, weight, w[name + ".bias"])


# The lectures' networks: mlp, mlp-bn, deep and wavenet are layers one after the other.


def layers(w, m, x):
    block = m["blockSize"]
    context = torch.cat([x.new_zeros(block), x])[-block:]
    h = w["layers.0.weight"][context]  # (block, C)
    count = 1 + max(int(name.split(".")[1]) for name in w)
    before = "embedding"
    for i in range(1, count):
        p = {name: w.get(f"layers.{i}.{name}") for name in ("weight", "bias", "gamma")}
        if p["weight"] is not None:
            h = h @ p["weight"] + (0 if p["bias"] is None else p["bias"])
            before = "linear"
        elif p["gamma"] is not None:
            h = batch_norm(w, f"layers.{i}", h)
            before = "norm"
        elif before in ("linear", "norm"):
            h = torch.tanh(h)
            before = "tanh"
        else:  # as many rows side by side as the next layer takes
            h = h.reshape(-1, len(w[f"layers.{i + 1}.weight"]))
    return h[0]


def batch_norm(w, name, x):
    deviation = w.get(name + ".running_std")  # of lecture 4's first version
    if deviation is None:
        deviation = torch.sqrt(w[name + ".running_var"] + 1e-5)
    return w[name + ".gamma"] * (x - w[name + ".running_mean"]) / deviation + w[name + ".beta"]


# The models of makemore.py, with the names that they have there.


def bigram(w, m, x):
    return w["logits"][x[-1]]


def makemore_mlp(w, m, x):
    block = m["blockSize"]
    blank = torch.full((block,), m["vocabSize"])  # has a row of its own
    last = torch.cat([blank, x])[-block:].flip(0)  # the newest first
    h = w["wte.weight"][last].flatten()  # (block * C)
    return linear(w, "mlp.2", torch.tanh(linear(w, "mlp.0", h)))


def rnn(w, m, x):
    h = w["start"][0]
    for vector in w["wte.weight"][x]:
        h = torch.tanh(linear(w, "cell.xh_to_h", torch.cat([vector, h])))
    return linear(w, "lm_head", h)


def gru(w, m, x):
    h = w["start"][0]
    for vector in w["wte.weight"][x]:
        xh = torch.cat([vector, h])
        r = torch.sigmoid(linear(w, "cell.xh_to_r", xh))
        z = torch.sigmoid(linear(w, "cell.xh_to_z", xh))
        hbar = torch.tanh(linear(w, "cell.xh_to_hbar", torch.cat([vector, r * h])))
        h = (1 - z) * h + z * hbar
    return linear(w, "lm_head", h)


def bow(w, m, x):
    h = w["wte.weight"][x] + w["wpe.weight"][: len(x)]  # (T, C)
    h = h + h.cumsum(0) / torch.arange(1, len(x) + 1)[:, None]
    inner = torch.tanh(linear(w, "context_block.mlp.c_fc", h))
    return linear(w, "lm_head", h + linear(w, "context_block.mlp.c_proj", inner))[-1]


def transformer(w, m, x):
    name = "transformer."
    h = w[name + "wte.weight"][x] + w[name + "wpe.weight"][: len(x)]  # (T, C)
    for i in range(m["layers"]):
        block = f"{name}h.{i}."
        qkv = linear(w, block + "attn.c_attn", layer_norm(w, block + "ln_1", h))
        heads = (part.chunk(m["heads"], 1) for part in qkv.chunk(3, 1))
        y = torch.cat([attention(q, k, v) for q, k, v in zip(*heads)], 1)
        h = h + linear(w, block + "attn.c_proj", y)
        inner = linear(w, block + "mlp.c_fc", layer_norm(w, block + "ln_2", h))
        h = h + linear(w, block + "mlp.c_proj", F.gelu(inner, approximate="tanh"))
    return linear(w, "lm_head", layer_norm(w, name + "ln_f", h))[-1]


def attention(q, k, v):
    """Takes what asks, what is found and what is given, each (T, head size), to (T, head size)."""
    weights = q @ k.T * q.shape[1] ** -0.5  # (T, T)
    future = torch.ones_like(weights).triu(1).bool()
    return torch.softmax(weights.masked_fill(future, float("-inf")), 1) @ v


# Lecture 7's GPT, in each of its stages.


def gpt(w, m, x):
    h = w["token_embedding_table.weight"][x]  # (T, C)
    if m["structure"] == "BIGRAM":
        return h[-1]
    h = h + w["position_embedding_table.weight"][: len(x)]
    if "sa_head.key.weight" in w:
        h = head(w, "sa_head", h)
    if "sa_heads.heads.0.key.weight" in w:
        h = multi_head(w, "sa_heads", h)
    if "ffwd.net.0.weight" in w:
        h = feed_forward(w, "ffwd", h)
    residual = m["structure"] in ("RESIDUAL", "PROJECTION", "LAYER_NORM")
    i = 0
    while f"blocks.{i}.ffwd.net.0.weight" in w:
        for part, norm, layer in (("sa", "ln1", multi_head), ("ffwd", "ln2", feed_forward)):
            y = layer(w, f"blocks.{i}.{part}", layer_norm(w, f"blocks.{i}.{norm}", h))
            h = h + y if residual else y
        i += 1
    return linear(w, "lm_head", layer_norm(w, "ln_f", h))[-1]


def head(w, name, x):
    return attention(*(linear(w, f"{name}.{part}", x) for part in ("query", "key", "value")))


def multi_head(w, name, x):
    heads = []
    while f"{name}.heads.{len(heads)}.key.weight" in w:
        heads.append(head(w, f"{name}.heads.{len(heads)}", x))
    y = torch.cat(heads, 1)
    return linear(w, name + ".proj", y) if name + ".proj.weight" in w else y


def feed_forward(w, name, x):
    y = torch.relu(linear(w, name + ".net.0", x))
    return linear(w, name + ".net.2", y) if name + ".net.2.weight" in w else y


MODELS = {
    "bigram": bigram,
    "mlp": layers,
    "mlp-bn": layers,
    "deep": layers,
    "wavenet": layers,
    "makemore-mlp": makemore_mlp,
    "rnn": rnn,
    "gru": gru,
    "bow": bow,
    "transformer": transformer,
    "gpt": gpt,
}


def logits(path, prefix):
    """Returns the logits of each character that may follow, (V)."""
    tensors, metadata = load(path)
    sizes = json.loads(metadata["model"])
    known, start = characters(metadata)
    x = torch.tensor(start + [known.index(c) for c in prefix])  # (T)
    return MODELS[sizes["type"]](tensors, sizes, x)


if __name__ == "__main__":
    ours = logits(sys.argv[1], sys.argv[2])
    java = torch.tensor([float(line.split()[1]) for line in sys.stdin])
    difference = (ours - java).abs().max().item()
    print(f"{len(ours)} logits, largest difference {difference:.1e}")
    sys.exit(not difference < 1e-4)
