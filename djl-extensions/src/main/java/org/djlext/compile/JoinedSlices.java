/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts gradients of slices side by side, where the slices make up all of an array, in the place of
 * a sum of arrays that are zero elsewhere.
 */
final class JoinedSlices implements Pass {

    // A gradient that belongs at from to before end of an axis of an array of this shape.
    private record Slice(Value gradient, String shape, int axis, long from, long end) {}

    @Override
    public void apply(Program program) {
        Set<Value> readOnce = program.readOnce();
        Map<Value, List<Slice>> known = new HashMap<>();
        Map<Value, Set<Line>> made = new HashMap<>();
        List<Line> lines = new ArrayList<>(program.step);
        for (Line line : program.step) {
            List<Slice> slices = program.isRecorded(line) ? List.of() : slices(line, known);
            if (slices.isEmpty()) {
                continue;
            }
            Value result = line.result();
            known.put(result, slices);
            Set<Line> own = new HashSet<>(Set.of(line));
            line.operands().forEach(operand -> own.addAll(made.getOrDefault(operand, Set.of())));
            made.put(result, own);
            boolean isOwn =
                    own.stream()
                            .allMatch(
                                    each -> each.equals(line) || readOnce.contains(each.result()));
            Object joined = isOwn ? joined(slices, result) : null;
            if (joined != null) {
                int place = lines.indexOf(line);
                lines.set(place, line.with("cat", joined, Integer.toString(slices.get(0).axis)));
                own.remove(line);
                lines.removeAll(own);
            }
        }
        program.step = lines;
    }

    private static List<Slice> slices(Line line, Map<Value, List<Slice>> known) {
        List<Object> arguments = line.arguments();
        if (line.operation().equals("slice_backward") && arguments.get(5).equals("1")) {
            return List.of(
                    new Slice(
                            line.operand(0),
                            arguments.get(1).toString(),
                            Integer.parseInt(arguments.get(2).toString()),
                            Long.parseLong(arguments.get(3).toString()),
                            Long.parseLong(arguments.get(4).toString())));
        }
        if (!line.operation().equals("add") || arguments.size() != 2) {
            return List.of();
        }
        List<Slice> all = new ArrayList<>();
        for (Object argument : arguments) {
            List<Slice> own = argument instanceof Value v ? known.get(v) : null;
            if (own == null) {
                return List.of();
            }
            all.addAll(own);
        }
        return all;
    }

    /** The gradients in their order, if they lie side by side and fill the array, or null. */
    private static @Nullable List<Value> joined(List<Slice> slices, Value whole) {
        List<Slice> sorted = new ArrayList<>(slices);
        sorted.sort(Comparator.comparingLong(Slice::from));
        Slice first = sorted.get(0);
        long end = 0;
        List<Value> gradients = new ArrayList<>();
        for (Slice slice : sorted) {
            if (slice.from != end || slice.axis != first.axis || !slice.shape.equals(first.shape)) {
                return null;
            }
            end = slice.end;
            gradients.add(slice.gradient);
        }
        return sorted.size() > 1 && end == whole.shape.get(first.axis) ? gradients : null;
    }
}
