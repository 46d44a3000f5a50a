/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.Shape;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A product of matrices that only a sum reads is one call with it: addmm. */
final class AddedProducts implements Pass {

    @Override
    public void apply(Program program) {
        Set<Value> readOnce = program.readOnce();
        Map<Value, Line> producers = program.producers();
        Set<Line> gone = new HashSet<>();
        program.rewrite(
                line -> {
                    Line product = product(line, 0, producers, readOnce);
                    int place = product == null ? 1 : 0;
                    product = product == null ? product(line, 1, producers, readOnce) : product;
                    if (product == null || program.isRecorded(product)) {
                        return List.of(line);
                    }
                    gone.add(product);
                    Value other = line.operand(1 - place);
                    return List.of(
                            line.with("addmm", other, product.operand(0), product.operand(1)));
                });
        program.step.removeAll(gone);
    }

    static boolean isProduct(Line line) {
        return line.operation().equals("matmul")
                && line.operand(0).shape.dimension() == 2
                && line.operand(1).shape.dimension() == 2;
    }

    /** The product that a sum alone reads as one of its operands, or null. */
    private static @Nullable Line product(
            Line sum, int place, Map<Value, Line> producers, Set<Value> readOnce) {
        if (!sum.operation().equals("add")
                || sum.arguments().size() != 2
                || sum.operands().size() != 2) {
            return null;
        }
        Line product = producers.get(sum.operand(place));
        Value other = sum.operand(1 - place);
        return product != null
                        && isProduct(product)
                        && readOnce.contains(product.result())
                        && isRowOrMatrix(other.shape, sum.result().shape)
                        && other.type == sum.result().type
                ? product
                : null;
    }

    private static boolean isRowOrMatrix(Shape shape, Shape result) {
        return shape.equals(result) || shape.equals(new Shape(result.get(1)));
    }
}
