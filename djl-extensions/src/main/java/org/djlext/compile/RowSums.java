/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Locale;

/** The sum over the rows of a matrix, as the gradient of a bias is, by a product with ones. */
final class RowSums implements Pass {

    @Override
    public void apply(Program program) {
        program.rewrite(
                line -> {
                    if (!isRowSum(line)) {
                        return List.of(line);
                    }
                    Value x = line.operand(0);
                    Value t = x.like("t_", new Shape(x.shape.get(1), x.shape.get(0)));
                    return List.of(
                            new Line("t", List.of(x), List.of(t), line.source()),
                            line.with("mv", t, ones(x.shape.get(0), x.type, program)));
                });
    }

    private static boolean isRowSum(Line line) {
        return line.operation().equals("sum")
                && line.arguments().size() == 3
                && line.arguments().get(1).equals("[0]")
                && line.arguments().get(2).equals("False")
                && line.operand(0).shape.dimension() == 2
                && line.operand(0).type == line.result().type
                && NumbersAsArrays.isExact(line.operand(0).type);
    }

    private static Value ones(long n, DataType type, Program program) {
        String name = "ones_" + n + "_" + type.name().toLowerCase(Locale.ROOT);
        return program.create(name, new Shape(n), type, Value.Origin.CONSTANT, "ones");
    }
}
