/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Moves a running statistic in place: a q + (1 - a) x, copied to q, is a lerp. */
final class MovingMeans implements Pass {

    private static final double TOLERANCE = 1e-12;

    @Override
    public void apply(Program program) {
        Map<Value, Line> producers = program.producers();
        Map<Value, Integer> reads = program.reads();
        List<Line> lines = new ArrayList<>();
        for (Line line : program.step) {
            Line lerp = line.operation().equals("copy_") ? lerp(line, producers, reads) : null;
            lines.add(lerp == null ? line : lerp);
        }
        program.step = lines;
    }

    private static @Nullable Line lerp(
            Line copy, Map<Value, Line> producers, Map<Value, Integer> reads) {
        Value moved = copy.operand(0);
        Line sum = producers.get(copy.operand(1));
        // Read by the copy and by what is to go alone.
        if (sum == null
                || !sum.operation().equals("add")
                || sum.operands().size() != 2
                || sum.arguments().size() != 2
                || reads.getOrDefault(sum.result(), 0) != 1
                || reads.getOrDefault(moved, 0) != 2) {
            return null;
        }
        Line kept = producers.get(sum.operand(0));
        Line added = producers.get(sum.operand(1));
        Double weight = factor(kept);
        Double other = factor(added);
        if (kept == null
                || added == null
                || weight == null
                || other == null
                || kept.operand(0) != moved
                || !added.operand(0).shape.equals(moved.shape)
                || added.operand(0).type != moved.type
                || Math.abs(weight + other - 1) > TOLERANCE) {
            return null;
        }
        return copy.with("lerp_", moved, added.operand(0), other.toString());
    }

    /** What a line multiplies by, or null. */
    static @Nullable Double factor(@Nullable Line line) {
        return line != null && line.operation().equals("mul") ? number(line, 1) : null;
    }

    /** A number that stands in a line, or null. */
    static @Nullable Double number(Line line, int index) {
        try {
            return line.arguments().get(index) instanceof String text ? Double.valueOf(text) : null;
        } catch (NumberFormatException e) {
            return null; // something else is written there
        }
    }
}
