/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A product of matrices that only a sum reads is one call with it: addmm. */
final class AddedProducts implements Pass {

    @Override
    public void apply(Program program) {
        Map<Value, Integer> reads = program.reads();
        Map<Value, Line> products = new HashMap<>();
        Set<Line> gone = new HashSet<>();
        List<Line> lines = new ArrayList<>();
        for (Line line : program.step) {
            Line sum = program.isRecorded(line) ? null : sum(line, products, reads, gone);
            lines.add(sum == null ? line : sum);
            if (isProduct(line) && !program.isRecorded(line)) {
                products.put(line.result(), line);
            }
        }
        lines.removeAll(gone);
        program.step = lines;
    }

    static boolean isProduct(Line line) {
        return line.operation().equals("matmul")
                && line.operand(0).shape.dimension() == 2
                && line.operand(1).shape.dimension() == 2;
    }

    private static @Nullable Line sum(
            Line line, Map<Value, Line> products, Map<Value, Integer> reads, Set<Line> gone) {
        if (!line.operation().equals("add")
                || line.arguments().size() != 2
                || line.operands().size() != 2) {
            return null;
        }
        for (int i = 0; i < 2; i++) {
            Line product = products.get(line.operand(i));
            Value other = line.operand(1 - i);
            if (product != null
                    && reads.getOrDefault(line.operand(i), 0) == 1
                    && isRowOrMatrix(other.shape, line.result().shape)
                    && other.type == line.result().type) {
                gone.add(product);
                return line.with("addmm", other, product.operand(0), product.operand(1));
            }
        }
        return null;
    }

    private static boolean isRowOrMatrix(Shape shape, Shape result) {
        return shape.equals(result) || shape.equals(new Shape(result.get(1)));
    }
}
