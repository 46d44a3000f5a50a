/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A product of matrices and what is added to it in one call: {@code addmm(b, x, w)} for {@code
 * add(mm(x, w), b)}. What is added is a bias, the input of a residual block, or one after the
 * other, which are then added to each other first.
 */
final class ProductSums implements Pass {

    private static final String PRODUCT = "mm";
    private static final String WITH_SUM = "addmm";

    @Override
    public void apply(Program program) {
        Set<Value> once = program.readOnce();
        program.results.forEach(once::remove);
        List<Line> lines = new ArrayList<>();
        // A product that nothing has read yet, and a reshape of it: only views come in between.
        List<Line> held = new ArrayList<>();
        for (Line line : program.step) {
            boolean isOurs = !program.isRecorded(line);
            boolean mayBeHeld =
                    isOurs && line.results().size() == 1 && once.contains(line.result());
            Value last = held.isEmpty() ? null : held.get(held.size() - 1).result();
            if (line.isView() && line.operand(0) != last) {
                lines.add(line);
                continue;
            }
            if (line.operation().equals("reshape") && mayBeHeld && held.size() == 1) {
                held.add(line);
                continue;
            }
            List<Line> now = isOurs && last != null ? sum(line, held.get(0), last) : null;
            if (now == null) {
                lines.addAll(held);
                now = List.of(line);
            }
            held.clear();
            lines.addAll(now);
            if (mayBeHeld && isProduct(lines.get(lines.size() - 1))) {
                held.add(lines.remove(lines.size() - 1));
            }
        }
        lines.addAll(held);
        program.step = lines;
    }

    private static boolean isProduct(Line line) {
        boolean is = line.operation().equals(PRODUCT) || line.operation().equals(WITH_SUM);
        return is && !line.hasNamedArguments() && NumbersAsArrays.isExact(line.result().type);
    }

    /**
     * Returns what a line becomes that adds to a product, or null if it does something else.
     *
     * @param product the line of the product
     * @param read its result, or a reshape of it
     */
    private static @Nullable List<Line> sum(Line line, Line product, Value read) {
        if (!line.operation().equals("add")
                || !line.arguments().stream().allMatch(Value.class::isInstance)
                || !line.operands().contains(read)) {
            return null;
        }
        Value other = line.operand(line.operand(0) == read ? 1 : 0);
        Value result = line.result();
        Shape rows = product.result().shape;
        boolean isWhole = other.shape.equals(read.shape);
        boolean isRow = isRow(other.shape, read.shape) && isRow(other.shape, rows);
        boolean isBiased = product.operation().equals(WITH_SUM);
        if (other.type != read.type
                || !result.shape.equals(read.shape)
                || !(isWhole || (isRow && !isBiased))) {
            return null;
        }
        List<Line> lines = new ArrayList<>();
        boolean isReshaped = read != product.result();
        Value added = other;
        if (isReshaped && isWhole) {
            added = result.like("rows_", rows);
            lines.add(line(line, added, "reshape", other, Literal.of(rows)));
        }
        if (isBiased) {
            Value both = result.like("added_", rows);
            lines.add(line(line, both, "add", added, product.operand(0)));
            added = both;
        }
        int x = isBiased ? 1 : 0;
        Value sum = isReshaped ? result.like("sum_", rows) : result;
        lines.add(line(line, sum, WITH_SUM, added, product.operand(x), product.operand(x + 1)));
        if (isReshaped) {
            lines.add(line(line, result, "reshape", sum, Literal.of(result.shape)));
        }
        return lines;
    }

    /** Tells whether what is added is one number, or one row of a matrix for all. */
    private static boolean isRow(Shape added, Shape to) {
        return added.size() == 1
                ? added.dimension() <= 1
                : added.dimension() == 1 && added.get(0) == to.getLastDimension();
    }

    private static Line line(Line of, Value result, String operation, Object... arguments) {
        return new Line(operation, List.of(arguments), List.of(result), of.source());
    }
}
