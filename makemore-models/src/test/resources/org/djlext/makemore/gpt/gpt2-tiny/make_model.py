# Writes a tiny random GPT-2 as Hugging Face's folders have it (config.json, model.safetensors, names and
# Conv1D weights of transformers' GPT2LMHeadModel), and in golden.json the logits of a forward pass written
# here in plain PyTorch, float64: /usr/bin/python3 make_model.py, in this folder, with PyTorch 1.13.1.
import json, math, struct
import torch
from torch.nn import functional as F

torch.manual_seed(7)
V, T, C, H, L = 61, 16, 12, 3, 2
state = {"wte.weight": torch.randn(V, C) * 0.3, "wpe.weight": torch.randn(T, C) * 0.2}
for i in range(L):
    for name, shape in {
        "ln_1.weight": (C,), "ln_1.bias": (C,), "ln_2.weight": (C,), "ln_2.bias": (C,),
        "attn.c_attn.weight": (C, 3 * C), "attn.c_attn.bias": (3 * C,),  # Conv1D: (in, out)
        "attn.c_proj.weight": (C, C), "attn.c_proj.bias": (C,),
        "mlp.c_fc.weight": (C, 4 * C), "mlp.c_fc.bias": (4 * C,),
        "mlp.c_proj.weight": (4 * C, C), "mlp.c_proj.bias": (C,),
    }.items():
        state[f"h.{i}.{name}"] = torch.randn(*shape) * 0.4 + (1.0 if ".ln_" in f".{name}" and name.endswith("weight") else 0)
    state[f"h.{i}.attn.bias"] = torch.tril(torch.ones(T, T)).view(1, 1, T, T)  # the mask, a buffer
    state[f"h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
state["ln_f.weight"] = 1 + torch.randn(C) * 0.1
state["ln_f.bias"] = torch.randn(C) * 0.1


def forward(tokens):
    p = {name: tensor.double() for name, tensor in state.items()}
    n = tokens.shape[1]
    x = p["wte.weight"][tokens] + p["wpe.weight"][:n]
    for i in range(L):
        w = lambda name: p[f"h.{i}.{name}"]
        norm = lambda name: F.layer_norm(x, (C,), w(name + ".weight"), w(name + ".bias"), 1e-5)
        conv = lambda name, y: y @ w(name + ".weight") + w(name + ".bias")
        q, k, v = (part.view(*part.shape[:2], H, C // H).transpose(1, 2)
                   for part in conv("attn.c_attn", norm("ln_1")).split(C, dim=2))
        scores = q @ k.transpose(-1, -2) / math.sqrt(C // H)
        scores = scores.masked_fill(w("attn.bias")[:, :, :n, :n] == 0, -math.inf)
        y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape)
        x = x + conv("attn.c_proj", y)
        u = conv("mlp.c_fc", norm("ln_2"))
        gelu_new = 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u ** 3)))
        x = x + conv("mlp.c_proj", gelu_new)
    x = F.layer_norm(x, (C,), p["ln_f.weight"], p["ln_f.bias"], 1e-5)
    return x @ p["wte.weight"].T  # the head is tied to the embedding


header, data = {"__metadata__": {"format": "pt"}}, b""
for name, tensor in state.items():
    raw = tensor.contiguous().numpy().astype("<f4").tobytes()
    header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("model.safetensors", "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + data)
config = {"model_type": "gpt2", "activation_function": "gelu_new", "layer_norm_epsilon": 1e-05, "n_ctx": T,
          "n_positions": T, "n_embd": C, "n_head": H, "n_layer": L, "n_inner": None, "vocab_size": V}
json.dump(config, open("config.json", "w"), indent=1)
tokens = torch.randint(0, V, (2, 9))
json.dump({"tokens": tokens.tolist(), "logits": forward(tokens).tolist()}, open("golden.json", "w"))
