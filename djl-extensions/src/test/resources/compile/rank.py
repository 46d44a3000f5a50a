"""One rank, in PyTorch, of a training whose other rank may be a JVM's: python rank.py DATA OPTIMIZER.

DATA has the inputs of all steps, float32, (steps, batch, features). The group is named by the environment, as torchrun
does it. What a step of CompiledStep sends is what is sent here: the mean gradients over this rank's labels one after
the other, the loss and a 1, all times the number of labels, in one all_reduce.
"""

import sys

import numpy
import torch
import torch.distributed as dist
import torch.nn.functional as F

STEPS, BATCH, FEATURES, CLASSES = 200, 24, 7, 5

torch.set_num_threads(1)
dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
x = torch.from_numpy(numpy.fromfile(sys.argv[1], dtype="<f4")).view(STEPS, BATCH, FEATURES)
y = (x[..., 0] > 0).long() + 2 * (x[..., 1] * x[..., 2] > 0).long()
own = slice(BATCH * rank // size, BATCH * (rank + 1) // size)

network = torch.nn.Sequential(torch.nn.Linear(FEATURES, 16), torch.nn.Tanh(), torch.nn.Linear(16, CLASSES))
parameters = list(network.parameters())
flat = torch.cat([p.detach().reshape(-1) for p in parameters])
dist.broadcast(flat, 0)
torch.nn.utils.vector_to_parameters(flat, parameters)
if sys.argv[2] == "ADAMW":
    optimizer = torch.optim.AdamW(parameters, lr=1e-2)
else:
    optimizer = torch.optim.SGD(parameters, lr=0.1)

losses = []
for step in range(STEPS):
    labels = y[step, own]
    loss = F.cross_entropy(network(x[step, own]), labels)
    gradients = torch.autograd.grad(loss, parameters)
    message = torch.cat([g.reshape(-1) for g in gradients] + [loss.detach().reshape(1), torch.ones(1)])
    message *= labels.numel()
    dist.all_reduce(message)
    means = message / message[-1]
    torch.nn.utils.vector_to_parameters(means[:-2], [g for g in gradients])
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient
    optimizer.step()
    losses.append(means[-2].item())

values = torch.cat([p.detach().reshape(-1) for p in parameters]).tolist()
print(sys.argv[2] + ";" + ",".join(map(repr, losses)) + ";" + ",".join(map(repr, values)))
dist.destroy_process_group()
