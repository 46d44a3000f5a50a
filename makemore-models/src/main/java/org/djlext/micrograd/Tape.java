/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A graph of {@link Value}s compiled to flat arrays, to be run again and again.
 *
 * <p>The readable engine builds a graph for each step and throws it away. Where every step has the
 * same graph, it can be built once and compiled; a step is then two loops over arrays, and makes no
 * object. The numbers are the same, bit for bit: every sum is taken in the same order.
 *
 * <pre>{@code
 * Value loss = Losses.sumOfSquares(outputs, targets);
 * Tape tape = Tape.compile(loss, model.parameters());
 * for (int k = 0; k < steps; k++) {
 *     tape.forward();
 *     tape.backward();
 *     tape.update(learningRate);
 * }
 * tape.store();
 * }</pre>
 *
 * <p>Layout. What is kept of the graph has a slot in {@code data} and {@code grad}: first the
 * parameters, then the inputs, then constants, then the results of the instructions in their order.
 * Instruction i reads slots {@code a[i]} and {@code b[i]}. A tape belongs to one thread at a time.
 */
public final class Tape {

    private final List<Value> parameters;
    private final List<Value> inputs;
    private final Op[] op;
    private final int[] a;
    private final int[] b;
    private final double[] exponent;
    private final int[] outputs;
    private final int root;
    private final int first;
    private final double[] data;
    private final double[] grad;

    Tape(TapeCompiler compiled) {
        parameters = compiled.parameters;
        inputs = compiled.inputs;
        op = compiled.op;
        a = compiled.a;
        b = compiled.b;
        exponent = compiled.exponent;
        outputs = compiled.outputSlots;
        root = compiled.rootSlot;
        first = compiled.leafSlots;
        data = Arrays.copyOf(compiled.leafData, first + op.length);
        grad = new double[data.length];
        forward();
    }

    /**
     * {@return a tape of a graph of which only the parameters change, run forward once}
     *
     * @param root the node to differentiate, a loss
     * @param parameters the leaves that {@link #update} moves
     */
    public static Tape compile(Value root, List<Value> parameters) {
        return compile(root, parameters, List.of(), List.of());
    }

    /**
     * Compiles a graph. Leaves that are neither parameters nor inputs are constants.
     *
     * @param root the node to differentiate, a loss
     * @param parameters the leaves that {@link #update} moves
     * @param inputs the leaves that {@link #setInput} sets
     * @param outputs nodes of the graph to be read with {@link #output}
     * @return the tape, run forward once
     * @throws IllegalArgumentException if a parameter or an input is not a leaf or is listed twice,
     *     or if an output is not in the graph
     */
    public static Tape compile(
            Value root, List<Value> parameters, List<Value> inputs, List<Value> outputs) {
        return new Tape(new TapeCompiler(root, parameters, inputs, outputs));
    }

    /** Computes every node, and so the root, from the parameters and inputs. */
    public void forward() {
        for (int i = 0; i < op.length; i++) {
            double x = data[a[i]];
            data[first + i] =
                    switch (op[i]) {
                        case LEAF -> x;
                        case ADD -> x + data[b[i]];
                        case MUL -> x * data[b[i]];
                        case POW -> Op.power(x, exponent[i]);
                        case EXP -> Math.exp(x);
                        case LOG -> Math.log(x);
                        case TANH -> Math.tanh(x);
                        case RELU -> x < 0 ? 0 : x;
                        case SIGMOID -> 1 / (1 + Math.exp(-x));
                    };
        }
    }

    /** Sets the gradient of every node to the derivative of the root by it. Replaces, not adds. */
    public void backward() {
        Arrays.fill(grad, 0);
        grad[root] = 1;
        for (int i = op.length - 1; i >= 0; i--) {
            double y = data[first + i];
            double dy = grad[first + i];
            int p = a[i];
            int q = b[i];
            switch (op[i]) {
                case LEAF -> {}
                case ADD -> {
                    grad[p] += dy;
                    grad[q] += dy;
                }
                case MUL -> {
                    grad[p] += data[q] * dy;
                    grad[q] += data[p] * dy;
                }
                case POW -> {
                    double n = exponent[i];
                    grad[p] += n * Op.power(data[p], n - 1) * dy;
                }
                case EXP -> grad[p] += y * dy;
                case LOG -> grad[p] += dy / data[p];
                case TANH -> grad[p] += (1 - y * y) * dy;
                case RELU -> grad[p] += y <= 0 ? 0 : dy;
                case SIGMOID -> grad[p] += y * (1 - y) * dy;
            }
        }
    }

    /**
     * Moves each parameter against its gradient.
     *
     * @param learningRate how far to go
     */
    public void update(double learningRate) {
        for (int i = 0; i < parameters.size(); i++) {
            data[i] -= learningRate * grad[i];
        }
    }

    /** {@return the root's number, as {@link #forward} left it} */
    public double root() {
        return data[root];
    }

    /**
     * {@return an output's number, as {@link #forward} left it}
     *
     * @param i which of the outputs given to compile
     */
    public double output(int i) {
        return data[outputs[i]];
    }

    /**
     * Changes an input.
     *
     * @param i which of the inputs given to compile
     * @param x its number from now on
     */
    public void setInput(int i, double x) {
        data[parameters.size() + Objects.checkIndex(i, inputs.size())] = x;
    }

    /** Takes the numbers of the parameters and inputs from their nodes. */
    public void load() {
        for (int i = 0; i < parameters.size(); i++) {
            data[i] = parameters.get(i).data;
        }
        for (int i = 0; i < inputs.size(); i++) {
            data[parameters.size() + i] = inputs.get(i).data;
        }
    }

    /** Gives the numbers and gradients of the parameters and inputs to their nodes. */
    public void store() {
        for (int i = 0; i < parameters.size() + inputs.size(); i++) {
            int n = parameters.size();
            Value leaf = i < n ? parameters.get(i) : inputs.get(i - n);
            leaf.data = data[i];
            leaf.grad = grad[i];
        }
    }
}
