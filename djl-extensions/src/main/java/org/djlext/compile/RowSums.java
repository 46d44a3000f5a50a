/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The sum over the rows of a matrix, as the gradient of a bias is, by a product with ones. */
final class RowSums implements Pass {

    @Override
    public void apply(Program program) {
        Map<String, Value> ones = new HashMap<>();
        program.rewrite(
                line -> {
                    if (!isRowSum(line)) {
                        return List.of(line);
                    }
                    Value x = line.operand(0);
                    long n = x.shape.get(0);
                    Value one =
                            ones.computeIfAbsent(
                                    "ones_" + n + "_" + x.type.name().toLowerCase(Locale.ROOT),
                                    name -> ones(name, n, x.type, program));
                    Value t = x.like("t_", new Shape(x.shape.get(1), n));
                    return List.of(
                            new Line("t", List.of(x), List.of(t), line.source()),
                            line.with("mv", t, one));
                });
    }

    private static boolean isRowSum(Line line) {
        return line.operation().equals("sum")
                && line.arguments().size() == 3
                && line.arguments().get(1).equals("[0]")
                && line.arguments().get(2).equals("False")
                && line.operand(0).shape.dimension() == 2
                && line.operand(0).type == line.result().type
                && (line.operand(0).type == DataType.FLOAT32
                        || line.operand(0).type == DataType.FLOAT64);
    }

    private static Value ones(String name, long n, DataType type, Program program) {
        Value ones = new Value(name, new Shape(n), type, Value.Origin.CONSTANT);
        program.before.add(Buffers.creation("ones", ones));
        return ones;
    }
}
