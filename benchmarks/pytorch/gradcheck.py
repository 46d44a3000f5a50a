"""The PyTorch side of GradCheckSpeed: torch.autograd.gradcheck on hand-written functions.

Prints torch's version. Then it answers each line "FUNCTION ROWS COLUMNS slow|fast" by the seconds
that one check takes, and 1 if the function passed, else 0.
"""

import sys
import time

import torch

EPS = 1e-5


class BatchNorm(torch.autograd.Function):
    """Batch norm with the unbiased variance, as in lecture 5."""

    @staticmethod
    def forward(ctx, x, gamma, beta):
        n = x.shape[0]
        diff = x - x.mean(0, keepdim=True)
        invstd = ((diff * diff).sum(0, keepdim=True) / (n - 1) + EPS) ** -0.5
        xhat = diff * invstd
        ctx.save_for_backward(xhat, invstd, gamma)
        return xhat * gamma + beta

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dy):
        xhat, invstd, gamma = ctx.saved_tensors
        n = dy.shape[0]
        dbeta = dy.sum(0)
        dgamma = (dy * xhat).sum(0)
        dx = (gamma * invstd / n) * (n * dy - dbeta - xhat * dgamma * (n / (n - 1)))
        return dx, dgamma, dbeta


class CrossEntropy(torch.autograd.Function):
    """The mean cross entropy of rows of logits."""

    @staticmethod
    def forward(ctx, logits, labels):
        shifted = logits - logits.max(1, keepdim=True).values
        exp = shifted.exp()
        total = exp.sum(1, keepdim=True)
        ctx.save_for_backward(exp / total, labels)
        return (total.log() - shifted.gather(1, labels[:, None])).mean()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dloss):
        probs, labels = ctx.saved_tensors
        n = probs.shape[0]
        dlogits = probs.clone()
        dlogits[torch.arange(n), labels] -= 1
        return dlogits * (dloss / n), None


def drawn(function, rows, columns):
    """Returns a function and its inputs, the same each time."""
    generator = torch.Generator().manual_seed(42)

    def normal(*shape):
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        return x.requires_grad_()

    x = normal(rows, columns)
    if function == "batchnorm":
        return BatchNorm.apply, (x, normal(columns), normal(columns))
    labels = torch.randint(0, columns, (rows,), generator=generator)
    return CrossEntropy.apply, (x, labels)


def main():
    torch.set_num_threads(1)
    print("torch", torch.__version__, flush=True)
    for line in sys.stdin:
        function, rows, columns, mode = line.split()
        apply, inputs = drawn(function, int(rows), int(columns))
        start = time.perf_counter()
        passed = torch.autograd.gradcheck(
            apply, inputs, fast_mode=mode == "fast", raise_exception=False
        )
        print(time.perf_counter() - start, int(passed), flush=True)


main()
