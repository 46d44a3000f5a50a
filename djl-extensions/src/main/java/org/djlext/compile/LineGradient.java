/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A line of forward that is differentiated by lines of backward: its operands, the gradient of its
 * result, and what takes the gradients of the operands.
 */
record LineGradient(Tape tape, Line line, NDList dys, Differentiation gradients) {

    /** The gradient of the result. */
    NDArray dy() {
        return dy(0);
    }

    /** The gradient of one of several results: zeros where the loss does not depend on it. */
    NDArray dy(int index) {
        Value y = line.results().get(index);
        NDArray dy = dys.get(index);
        return dy == null ? tape.zeros(y) : dy;
    }

    /** The line that the gradient of the result comes from; null if it is none of the tape. */
    @Nullable Line maker() {
        Value value = TracedArray.required(dy(), "a gradient").read();
        List<Line> lines = tape.lines();
        for (int i = lines.size() - 1; i >= 0; i--) {
            if (lines.get(i).results().contains(value)) {
                return lines.get(i);
            }
        }
        return null;
    }

    /** The result. */
    NDArray y() {
        return tape.array(line.results().get(0));
    }

    /** An operand that is an array. */
    NDArray x(int index) {
        return tape.array(line.operand(index));
    }

    /** An argument as it stands in the line. */
    Object argument(int index) {
        return line.arguments().get(index);
    }

    boolean isArray(int index) {
        return index < line.arguments().size() && argument(index) instanceof Value;
    }

    /** Tells whether the gradient of an argument is wanted. */
    boolean wants(int index) {
        return isArray(index) && gradients.wants(line.operand(index));
    }

    Shape shape(int index) {
        return line.operand(index).shape;
    }

    /** A whole number that stands in the line. */
    int number(int index) {
        return Integer.parseInt(argument(index).toString());
    }

    /** A list of whole numbers that stands in the line. */
    int[] numbers(int index) {
        String text = argument(index).toString();
        String inside = text.substring(1, text.length() - 1);
        return inside.isEmpty()
                ? new int[0]
                : List.of(inside.split(", ")).stream().mapToInt(Integer::parseInt).toArray();
    }

    /** Adds to the gradient of an operand, from whose shape it may be broadcast. */
    void add(int index, NDArray gradient) {
        if (wants(index)) {
            gradients.add(line.operand(index), sumTo(gradient, shape(index)));
        }
    }

    /** Adds to the gradient of a value. */
    void addTo(Value value, NDArray gradient) {
        if (gradients.wants(value)) {
            gradients.add(value, gradient);
        }
    }

    /**
     * Notes a kernel of backward, and returns its results, the gradients of some operands.
     *
     * @param call such as {@code tanh_backward(dy, y)}: dy is the gradient of the result y; x0, x1,
     *     .. are the arguments of the line, s0, s1, .. what it computes beside the result; shape is
     *     that of x0, and zeros are of that shape, type is the result's, and mask says which of the
     *     gradients are wanted; the rest is written as it is
     * @param operands which operands, in the order of the results
     */
    NDList kernel(String call, int... operands) {
        int open = call.indexOf('(');
        Object[] arguments =
                Arrays.stream(call.substring(open + 1, call.length() - 1).split(", "))
                        .map(term -> term(term, operands))
                        .toArray();
        NDList zeros = new NDList();
        for (int operand : operands) {
            zeros.add(zeros(isArray(operand) ? shape(operand) : new Shape(0)));
        }
        return tape.recordShapes(call.substring(0, open), zeros, arguments);
    }

    /** Adds to the gradients of some operands. */
    void addAll(NDList gradientsOfOperands, int... operands) {
        for (int i = 0; i < operands.length; i++) {
            add(operands[i], gradientsOfOperands.get(i));
        }
    }

    private Object term(String term, int... operands) {
        if (term.matches("[xs]\\d")) {
            int place = term.charAt(1) - '0';
            // What a kernel takes from forward beside the result is no way for a gradient.
            return term.charAt(0) == 'x'
                    ? argument(place)
                    : Conversions.stopGradient(traced(line.results().get(1 + place)));
        }
        return switch (term) {
            case "dy" -> dy();
            case "y" -> line.results().get(0);
            case "shape" -> shape(0);
            case "type" -> Literal.of(dy().getDataType());
            case "zeros" -> tape.manager().manager().zeros(shape(0), dy().getDataType());
            case "mask" ->
                    Arrays.stream(operands).mapToObj(i -> Literal.of(wants(i))).toList().toString();
            default -> term;
        };
    }

    private TracedArray traced(Value value) {
        return TracedArray.required(tape.array(value), "a line");
    }

    private NDArray zeros(Shape shape) {
        return tape.scratch().zeros(shape, dy().getDataType());
    }

    /** Sums a gradient over what a value of this shape was broadcast to. */
    static NDArray sumTo(NDArray gradient, Shape shape) {
        Shape from = gradient.getShape();
        if (from.equals(shape)) {
            return gradient;
        }
        int added = from.dimension() - shape.dimension();
        int[] axes =
                IntStream.range(0, from.dimension())
                        .filter(i -> i < added || (shape.get(i - added) == 1 && from.get(i) != 1))
                        .toArray();
        NDArray sum = axes.length == 0 ? gradient : gradient.sum(axes, true);
        return sum.reshape(shape);
    }
}
