/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A line of forward that is differentiated by lines of backward: its operands, the gradient of its
 * result, and what takes the gradients of the operands.
 */
final class LineGradient {

    private final Tape tape;
    private final Line line;
    private final NDArray dy;
    private final Differentiation gradients;

    LineGradient(Tape tape, Line line, NDArray dy, Differentiation gradients) {
        this.tape = tape;
        this.line = line;
        this.dy = dy;
        this.gradients = gradients;
    }

    /** The gradient of the result. */
    NDArray dy() {
        return dy;
    }

    /** The line that the gradient of the result comes from; null if it is none of the tape. */
    @Nullable Line maker() {
        Value value = TracedArray.required(dy, "a gradient").read();
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

    /** What the line computes beside the result. */
    List<Value> besides() {
        return line.results().subList(1, line.results().size());
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
        return isArray(index) && line.operand(index).differentiable;
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

    /** The type of the result, as a script has it. */
    String type() {
        return Literal.of(dy.getDataType());
    }

    /** Adds to the gradient of an operand, from whose shape it may be broadcast. */
    void add(int index, NDArray gradient) {
        if (wants(index)) {
            gradients.add(line.operand(index), sumTo(gradient, shape(index)));
        }
    }

    /** Adds to the gradient of a value. */
    void addTo(Value value, NDArray gradient) {
        if (value.differentiable) {
            gradients.add(value, gradient);
        }
    }

    /** Notes a kernel whose result has the shape of an operand. */
    NDArray call(String operation, int like, @Nullable Object... arguments) {
        return tape.recordShapes(operation, new NDList(zeros(shape(like))), arguments).head();
    }

    /** Notes a kernel with results of the shapes of some operands. */
    NDList call(String operation, int[] like, @Nullable Object... arguments) {
        NDList zeros = new NDList();
        for (int index : like) {
            zeros.add(isArray(index) ? zeros(shape(index)) : zeros(new Shape(0)));
        }
        return tape.recordShapes(operation, zeros, arguments);
    }

    private NDArray zeros(Shape shape) {
        return tape.scratch().zeros(shape, dy.getDataType());
    }

    /** Zeros of the shape of an operand, the same in every step. */
    NDArray zerosLike(int index) {
        return tape.manager().manager().zeros(shape(index), dy.getDataType());
    }

    /**
     * Puts other lines in the place of this one, which compute also what backward needs.
     *
     * @return the values that are computed beside the result
     */
    List<Value> compute(
            String operation, List<Object> arguments, List<Shape> besides, DataType type) {
        List<Value> results = new ArrayList<>();
        results.add(line.results().get(0));
        for (Shape shape : besides) {
            results.add(tape.newValue(shape, type));
        }
        gradients.replace(line, List.of(new Line(operation, arguments, results, line.source())));
        return results.subList(1, results.size());
    }

    /** Puts other lines in the place of this one. */
    void replaceBy(Line... lines) {
        gradients.replace(line, List.of(lines));
    }

    Line line() {
        return line;
    }

    Tape tape() {
        return tape;
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
