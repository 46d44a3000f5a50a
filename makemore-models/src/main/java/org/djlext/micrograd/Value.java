/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A number that remembers what it was computed from, so that gradients can flow back to it.
 *
 * <pre>{@code
 * Value a = new Value(2, "a");
 * Value b = new Value(-3, "b");
 * Value loss = a.mul(b).add(10).tanh();
 * loss.backward(); // a.grad is now dloss/da
 * }</pre>
 *
 * <p>Each operation stands with its derivative: the node {@code out} knows how its number is
 * computed, and the closure below it sends {@code out.grad} on to the children. It adds and does
 * not assign, because a node that is used twice gets a gradient from each use. A graph belongs to
 * one thread at a time.
 */
public final class Value {

    private static final AtomicLong passes = new AtomicLong();

    /** The number. */
    public double data;

    /** dL/dthis after backward on L, on top of what was here before. */
    public double grad;

    /** What pictures call this node. */
    public String label = "";

    final @Nullable Value left;
    final @Nullable Value right;
    private final String op;
    private final @Nullable DoubleSupplier forward;
    private Runnable sendBack = Value::nothing;
    private long seen;

    private Value(String op, Value left, @Nullable Value right, DoubleSupplier forward) {
        this.op = op;
        this.left = left;
        this.right = right;
        this.forward = forward;
        data = forward.getAsDouble();
    }

    /**
     * Makes a leaf.
     *
     * @param data the number
     */
    public Value(double data) {
        this.data = data;
        op = "";
        left = null;
        right = null;
        forward = null;
    }

    /**
     * Makes a leaf with a name.
     *
     * @param data the number
     * @param label what pictures call it
     */
    public Value(double data, String label) {
        this(data);
        this.label = label;
    }

    // What a leaf sends on to its children.
    private static void nothing() {}

    /**
     * Names this node.
     *
     * @param name what pictures call it
     * @return this
     */
    public Value label(String name) {
        label = name;
        return this;
    }

    /**
     * {@return this + other} The gradient goes to both as it is.
     *
     * @param other the other term
     */
    public Value add(Value other) {
        Value out = new Value("+", this, other, () -> data + other.data);
        out.sendBack =
                () -> {
                    grad += out.grad;
                    other.grad += out.grad;
                };
        return out;
    }

    /**
     * {@return this * other} The gradient goes to each, times the other's number.
     *
     * @param other the other factor
     */
    public Value mul(Value other) {
        Value out = new Value("*", this, other, () -> data * other.data);
        out.sendBack =
                () -> {
                    grad += other.data * out.grad;
                    other.grad += data * out.grad;
                };
        return out;
    }

    /**
     * {@return this to the power n} dx = n x^(n-1) dy, which is 0 for n = 0, whatever x is. For a
     * constant n only: an exponent that is a node would need a gradient of its own, y ln x.
     *
     * @param n the exponent
     */
    public Value pow(double n) {
        String whole = n == (long) n ? String.valueOf((long) n) : String.valueOf(n);
        Value out = new Value("**" + whole, this, null, () -> power(data, n));
        out.sendBack = () -> grad += n == 0 ? 0 : n * power(data, n - 1) * out.grad;
        return out;
    }

    // The two that the lecture needs most are exact here: Math.pow may be one unit off, and whether
    // it is may depend on how the caller was compiled.
    private static double power(double x, double n) {
        if (n == 2) {
            return x * x;
        }
        return n == -1 ? 1 / x : Math.pow(x, n);
    }

    /** {@return e to the power of this} dx = y dy. */
    public Value exp() {
        Value out = new Value("exp", this, null, () -> Math.exp(data));
        out.sendBack = () -> grad += out.data * out.grad;
        return out;
    }

    /** {@return the natural logarithm of this} dx = dy / x. */
    public Value log() {
        Value out = new Value("log", this, null, () -> Math.log(data));
        out.sendBack = () -> grad += out.grad / data;
        return out;
    }

    /**
     * {@return the hyperbolic tangent of this} It is (e^2x - 1) / (e^2x + 1), which overflows where
     * this does not; dx = (1 - y^2) dy, of the output y, as PyTorch's kernels have it.
     */
    public Value tanh() {
        Value out = new Value("tanh", this, null, () -> Math.tanh(data));
        out.sendBack = () -> grad += (1 - out.data * out.data) * out.grad;
        return out;
    }

    /** {@return this, or 0 if it is negative} dx = dy where y is not 0. NaN stays NaN both ways. */
    public Value relu() {
        Value out = new Value("ReLU", this, null, () -> data < 0 ? 0 : data);
        out.sendBack = () -> grad += out.data <= 0 ? 0 : out.grad;
        return out;
    }

    /** {@return 1 / (1 + e^-x) of this} dx = y (1 - y) dy. */
    public Value sigmoid() {
        Value out = new Value("sigmoid", this, null, () -> 1 / (1 + Math.exp(-data)));
        out.sendBack = () -> grad += out.data * (1 - out.data) * out.grad;
        return out;
    }

    /** {@return -this} It is this * -1. */
    public Value neg() {
        return mul(-1);
    }

    /**
     * {@return this - other} It is this + (-other).
     *
     * @param other what to take away
     */
    public Value sub(Value other) {
        return add(other.neg());
    }

    /**
     * {@return this / other} It is this * other^-1.
     *
     * @param other the divisor
     */
    public Value div(Value other) {
        return mul(other.pow(-1));
    }

    /**
     * {@return this + constant}
     *
     * @param constant a number, which becomes a leaf of its own
     */
    public Value add(double constant) {
        return add(new Value(constant));
    }

    /**
     * {@return this * constant}
     *
     * @param constant a number, which becomes a leaf of its own
     */
    public Value mul(double constant) {
        return mul(new Value(constant));
    }

    /**
     * {@return this - constant}
     *
     * @param constant a number
     */
    public Value sub(double constant) {
        return add(-constant);
    }

    /**
     * {@return this / constant}
     *
     * @param constant a number
     */
    public Value div(double constant) {
        return div(new Value(constant));
    }

    /**
     * Sets {@code grad} of every node below this one to the derivative of this by it, on top of
     * what was there. This node's own becomes 1.
     */
    public void backward() {
        backward(topologicalOrder());
    }

    /** Goes backward through the nodes that this one, the last of them, depends on. */
    void backward(List<Value> order) {
        grad = 1;
        for (int i = order.size() - 1; i >= 0; i--) {
            order.get(i).sendBack.run();
        }
    }

    /**
     * Sends this node's gradient on to its children, one step of {@link #backward()}. A leaf has
     * none.
     */
    public void backwardStep() {
        sendBack.run();
    }

    /** Computes the number anew from those of the children. That of a leaf stays. */
    void forward() {
        if (forward != null) {
            data = forward.getAsDouble();
        }
    }

    /**
     * Lists the nodes that this one depends on, each after all its children; the last is this.
     *
     * @return the nodes, in the order in which a depth-first walk leaves them
     */
    public List<Value> topologicalOrder() {
        // With a stack of its own, not the thread's, a chain may be as deep as memory allows. A
        // node carries the number of the pass that opened it, and one more once it is listed.
        long opened = passes.addAndGet(2);
        List<Value> order = new ArrayList<>();
        ArrayDeque<Value> stack = new ArrayDeque<>();
        stack.push(this);
        while (!stack.isEmpty()) {
            Value node = stack.element();
            if (node.seen < opened) {
                node.seen = opened;
                pushUnlessSeen(stack, node.right, opened);
                pushUnlessSeen(stack, node.left, opened);
                continue;
            }
            stack.pop();
            if (node.seen == opened) {
                node.seen = opened + 1;
                order.add(node);
            }
        }
        return order;
    }

    private static void pushUnlessSeen(
            ArrayDeque<Value> stack, @Nullable Value child, long opened) {
        if (child != null && child.seen < opened) {
            stack.push(child);
        }
    }

    /**
     * {@return the nodes that this one was computed from} A node that was used twice, as in a + a,
     * is there once.
     */
    public List<Value> children() {
        if (left == null) {
            return List.of();
        }
        return right == null || right == left ? List.of(left) : List.of(left, right);
    }

    /** {@return the operation that made this, as pictures write it} It is empty for a leaf. */
    public String op() {
        return op;
    }

    @Override
    public String toString() {
        return "Value(data=" + data + ")";
    }
}
