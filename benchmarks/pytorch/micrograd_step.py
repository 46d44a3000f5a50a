"""One training step of micrograd's moons demo in plain Python, to be timed from outside.

A scalar engine as the published micrograd describes it: a node holds a number, its gradient, the
set of nodes that it was computed from, and a closure that sends its gradient to them. It is the
slower side of a comparison, so nothing here is slower than that description asks for.

Says its version, and then speaks over standard input and output, one line at a time:
    points N, then N lines "x y label"   sets the data
    run STEPS                            starts anew from seed 1337, trains STEPS steps and answers
                                         the seconds of a step and then the losses
    run-uncollected STEPS                the same with the cyclic garbage collector switched off
The end of the input ends the program.
"""

import gc
import random
import sys
import time


class Value:
    """A number in a graph of numbers."""

    def __init__(self, data, children=(), op=""):
        self.data = data
        self.grad = 0
        self._backward = lambda: None
        self._prev = set(children)
        self._op = op

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = backward
        return out

    def relu(self):
        out = Value(0 if self.data < 0 else self.data, (self,), "ReLU")

        def backward():
            self.grad += (out.data > 0) * out.grad

        out._backward = backward
        return out

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self):
        order = []
        seen = set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node._prev:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            node._backward()


class Neuron:
    """A weighted sum, squashed at zero unless the neuron is linear."""

    def __init__(self, inputs, nonlinear):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(inputs)]
        self.b = Value(0)
        self.nonlinear = nonlinear

    def __call__(self, x):
        activation = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return activation.relu() if self.nonlinear else activation


class Mlp:
    """Layers of neurons; the last one is linear."""

    def __init__(self, inputs, outputs):
        sizes = [inputs] + outputs
        self.layers = [
            [Neuron(sizes[i], i != len(outputs) - 1) for _ in range(sizes[i + 1])]
            for i in range(len(outputs))
        ]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]

    def parameters(self):
        return [p for layer in self.layers for neuron in layer for p in neuron.w + [neuron.b]]


def step(model, points, labels, learning_rate):
    """Runs forward, loss, backward and update on all the points; returns the loss."""
    scores = [model(list(map(Value, point))) for point in points]
    losses = [(1 + -label * score).relu() for label, score in zip(labels, scores)]
    loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    for p in model.parameters():
        p.grad = 0
    loss.backward()
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    return loss.data


def run(points, labels, steps):
    """Trains a fresh net and returns the seconds of one step and then the losses."""
    random.seed(1337)
    model = Mlp(2, [16, 16, 1])
    start = time.perf_counter()
    losses = [step(model, points, labels, 1.0 - 0.9 * k / 100) for k in range(steps)]
    return [(time.perf_counter() - start) / steps] + losses


def main():
    points, labels = [], []
    print("Python", sys.version.split()[0], flush=True)
    for line in sys.stdin:
        command, count = line.split()
        if command == "points":
            rows = [sys.stdin.readline().split() for _ in range(int(count))]
            points = [[float(x), float(y)] for x, y, _ in rows]
            labels = [int(label) for _, _, label in rows]
        else:
            if command == "run-uncollected":
                gc.disable()
            print(*map(repr, run(points, labels, int(count))), flush=True)
            # Graphs are full of cycles: what the run has left is to weigh on no other.
            gc.enable()
            gc.collect()


if __name__ == "__main__":
    main()
