/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Plain gradient descent adds the product of matrices that a gradient is to the parameter itself:
 * the gradient is never stored.
 */
final class UpdatesInProducts implements Pass {

    @Override
    public void apply(Program program) {
        Map<Value, Integer> reads = program.reads();
        Map<Value, Line> producers = program.producers();
        Set<Line> gone = new HashSet<>();
        List<Line> lines = new ArrayList<>();
        for (Line line : program.step) {
            if (!line.operation().equals("add_") || line.operands().size() != 2) {
                lines.add(line);
                continue;
            }
            Value parameter = line.operand(0);
            Value gradient = line.operand(1);
            Line product = producers.get(gradient);
            if (product == null
                    || !AddedProducts.isProduct(product)
                    || program.isRecorded(product)
                    || reads.getOrDefault(gradient, 0) != 1
                    || !parameter.shape.equals(gradient.shape)) {
                lines.add(line);
                continue;
            }
            gone.add(product);
            lines.add(
                    line.with(
                            "addmm_",
                            parameter,
                            product.operand(0),
                            product.operand(1),
                            line.arguments().get(2)));
        }
        lines.removeAll(gone);
        program.step = lines;
    }
}
