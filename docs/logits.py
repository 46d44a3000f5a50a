"""Computes what a trained mlp predicts after a prefix, in PyTorch, and compares it with Java.

    java -cp examples/target/makemore.jar org.djlext.examples.djl.PrintLogits \\
        runs/mlp/last.safetensors ma | python3 docs/logits.py runs/mlp/last.safetensors ma

Needs PyTorch 1.10 or later. The format is read here in a few lines; safetensors.torch.load_file
reads the same tensors, and safetensors.safe_open the metadata.
"""

import json
import struct
import sys

import torch

TYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "U8": torch.uint8}


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


def logits(path, prefix):
    """Returns the logits of each character that may follow, (V)."""
    tensors, metadata = load(path)
    header = json.loads(metadata["header"])
    assert header["model"]["type"] == "mlp", header["model"]
    characters = header["vocabulary"]["characters"]["all"]  # 0 is the separator
    block_size = header["model"]["blockSize"]
    context = [0] * block_size + [characters.index(c) for c in prefix]
    x = torch.tensor(context[-block_size:])  # (T)
    emb = tensors["model/layers.0.weight"][x].view(1, -1)  # (1, T * C)
    w1, b1 = tensors["model/layers.2.weight"], tensors["model/layers.2.bias"]
    w2, b2 = tensors["model/layers.4.weight"], tensors["model/layers.4.bias"]
    return (torch.tanh(emb @ w1 + b1) @ w2 + b2)[0]


if __name__ == "__main__":
    ours = logits(sys.argv[1], sys.argv[2])
    java = torch.tensor([float(line.split()[1]) for line in sys.stdin])
    print(f"{len(ours)} logits, largest difference {(ours - java).abs().max().item():.1e}")
