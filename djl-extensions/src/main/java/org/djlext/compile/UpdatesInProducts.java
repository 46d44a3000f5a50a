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

    private static final String ALPHA = "alpha=-lr";

    @Override
    public void apply(Program program) {
        Map<Value, Integer> reads = program.reads();
        Map<Value, Line> producers = program.producers();
        Set<Line> gone = new HashSet<>();
        List<Line> lines = new ArrayList<>();
        for (Line line : program.step) {
            if (!isDescent(line)) {
                lines.add(line);
                continue;
            }
            Line.Group weights = (Line.Group) line.arguments().get(0);
            List<?> gradients = (List<?>) line.arguments().get(1);
            List<Value> others = new ArrayList<>();
            List<Value> othersGradients = new ArrayList<>();
            for (int i = 0; i < gradients.size(); i++) {
                Value weight = weights.values().get(i);
                Value gradient = (Value) gradients.get(i);
                Line product = producers.get(gradient);
                if (product == null
                        || !AddedProducts.isProduct(product)
                        || program.isRecorded(product)
                        || reads.getOrDefault(gradient, 0) != 1
                        || !weight.shape.equals(gradient.shape)) {
                    others.add(weight);
                    othersGradients.add(gradient);
                    continue;
                }
                gone.add(product);
                lines.add(
                        line.with(
                                "addmm_",
                                weight,
                                product.operand(0),
                                product.operand(1),
                                line.arguments().get(2)));
            }
            if (!others.isEmpty()) {
                Line.Group rest = new Line.Group("other_" + weights.name(), others);
                lines.add(
                        line.with(
                                line.operation(), rest, othersGradients, line.arguments().get(2)));
            }
        }
        lines.removeAll(gone);
        program.step = lines;
    }

    private static boolean isDescent(Line line) {
        return line.operation().equals("_foreach_add_")
                && line.arguments().size() == 3
                && line.arguments().get(1) instanceof List
                && line.arguments().get(2).equals(ALPHA);
    }
}
