"""The PyTorch side of NodeCost: what a torch.autograd.Function costs.

Prints torch's version. Then it answers each line "CASE ROWS COLUMNS STEPS" by the processor seconds of a step, forward
and backward, with the function and with the engine's own operations in its place; or, for "copy", of a copy.
"""

import sys
import time

import torch


class Identity(torch.autograd.Function):
    """y = x."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, dy):
        return dy


class Product(torch.autograd.Function):
    """y = a b, of two saved inputs."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, dy):
        a, b = ctx.saved_tensors
        return dy * b, dy * a


class SumAndDifference(torch.autograd.Function):
    """a + b and b - c: three inputs, two outputs."""

    @staticmethod
    def forward(ctx, a, b, c):
        return a + b, b - c

    @staticmethod
    def backward(ctx, dy, dz):
        return dy, dy + dz, -dz


CASES = {
    "identity": (Identity.apply, lambda x: x, 1),
    "product": (Product.apply, lambda a, b: a * b, 2),
    "threeInTwoOut": (
        lambda a, b, c: torch.mul(*SumAndDifference.apply(a, b, c)),
        lambda a, b, c: (a + b) * (b - c),
        3,
    ),
}


def seconds(steps, inputs, function):
    """Returns the processor time of a step."""
    start = time.thread_time()
    for _ in range(steps):
        for x in inputs:
            x.grad = None
        function(*inputs).sum().backward()
    return (time.thread_time() - start) / steps


def copies(steps, x):
    """Returns the processor time of a copy."""
    start = time.thread_time()
    for _ in range(steps):
        x.clone()
    return (time.thread_time() - start) / steps


def main():
    torch.set_num_threads(1)
    print("torch", torch.__version__, flush=True)
    for line in sys.stdin:
        case, rows, columns, steps = line.split()
        count = int(steps)
        if case == "copy":
            print(copies(count, torch.randn(int(rows), int(columns))), flush=True)
            continue
        function, plain, number = CASES[case]
        inputs = [torch.randn(int(rows), int(columns), requires_grad=True) for _ in range(number)]
        print(seconds(count, inputs, function), seconds(count, inputs, plain), flush=True)


main()
