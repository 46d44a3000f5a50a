/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets the kernel of batch norm move the running mean and the running unbiased variance, which
 * takes it less than the lines that compute them of its results: (invstd^-2 - eps) n / (n - 1).
 */
final class RunningStatistics implements Pass {

    private static final double TOLERANCE = 1e-9;

    @Override
    public void apply(Program program) {
        Map<Value, Line> producers = program.producers();
        Map<Line, Line> means = new HashMap<>();
        Map<Line, Line> variances = new HashMap<>();
        for (Line line : program.step) {
            if (line.operation().equals("lerp_")) {
                Line ofMean = normOfMean(line, producers);
                Line ofVariance = normOfVariance(line, producers);
                if (ofMean != null) {
                    means.put(ofMean, line);
                } else if (ofVariance != null) {
                    variances.put(ofVariance, line);
                }
            }
        }
        List<Line> gone = new ArrayList<>();
        Map<Line, Line> moving = new HashMap<>();
        means.forEach(
                (norm, mean) -> {
                    Line variance = variances.get(norm);
                    if (variance == null
                            || !variance.arguments().get(2).equals(mean.arguments().get(2))
                            || program.isRecorded(norm)) {
                        return;
                    }
                    List<Object> arguments = new ArrayList<>(norm.arguments());
                    arguments.set(3, mean.operand(0));
                    arguments.set(4, variance.operand(0));
                    arguments.set(6, mean.arguments().get(2));
                    moving.put(norm, norm.with(norm.operation(), arguments.toArray()));
                    gone.addAll(List.of(mean, variance));
                });
        program.step.removeAll(gone);
        program.step.replaceAll(line -> moving.getOrDefault(line, line));
    }

    /** The batch norm that a running mean is moved to the mean of, or null. */
    private static @Nullable Line normOfMean(Line lerp, Map<Value, Line> producers) {
        Value mean = lerp.operand(1);
        Line norm = producers.get(mean);
        return norm != null && isNorm(norm) && norm.results().get(1) == mean ? norm : null;
    }

    private static @Nullable Line normOfVariance(Line lerp, Map<Value, Line> producers) {
        Line less = producers.get(lerp.operand(1));
        Line scaled = operand(less, "sub", producers);
        Line power = operand(scaled, "mul", producers);
        Line norm = operand(power, "pow", producers);
        if (less == null || scaled == null || power == null || norm == null || !isNorm(norm)) {
            return null;
        }
        Double eps = MovingMeans.number(less, 1);
        Double factor = MovingMeans.factor(scaled);
        Double exponent = MovingMeans.number(power, 1);
        Double inside = MovingMeans.number(norm, 7);
        if (eps == null || factor == null || exponent == null || inside == null) {
            return null;
        }
        Value x = norm.operand(0);
        double n = (double) x.shape.size() / x.shape.get(1);
        boolean isUnbiased =
                norm.results().get(2) == power.operand(0)
                        && exponent == -2
                        && Math.abs(factor - n / (n - 1)) <= TOLERANCE
                        && Math.abs(eps - inside * factor) <= TOLERANCE * eps;
        return isUnbiased ? norm : null;
    }

    private static boolean isNorm(Line line) {
        return line.operation().equals("native_batch_norm")
                && line.arguments().subList(3, 6).equals(List.of("None", "None", "True"));
    }

    /** The line that computes the first operand of another, if that is a certain operation. */
    private static @Nullable Line operand(
            @Nullable Line line, String operation, Map<Value, Line> producers) {
        return line != null
                        && line.operation().equals(operation)
                        && line.arguments().get(0) instanceof Value value
                ? producers.get(value)
                : null;
    }
}
