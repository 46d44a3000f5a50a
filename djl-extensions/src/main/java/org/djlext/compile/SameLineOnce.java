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

/** Computes once what two lines compute: the tanh of forward and that of backward. */
final class SameLineOnce implements Pass {

    @Override
    public void apply(Program program) {
        Map<Value, Value> memory = new HashMap<>();
        Map<String, Line> first = new HashMap<>();
        Map<Value, Value> replacements = new HashMap<>();
        List<Line> kept = new ArrayList<>();
        for (Line original : program.step) {
            Line line = original.replaceOperands(value -> replacements.getOrDefault(value, value));
            if (line.isView()) {
                Value viewed = line.operand(0);
                memory.put(line.result(), memory.getOrDefault(viewed, viewed));
            }
            forgetWritten(line, memory, first);
            boolean mayBeShared = line.isPure() && !program.isRecorded(line);
            Line known = mayBeShared ? first.putIfAbsent(line.call(), line) : null;
            if (known == null) {
                kept.add(line);
                continue;
            }
            for (int i = 0; i < known.results().size(); i++) {
                replacements.put(line.results().get(i), known.results().get(i));
            }
        }
        program.step = kept;
        program.replace(replacements);
    }

    /** What was computed of an array is another number after the array has changed. */
    private static void forgetWritten(
            Line line, Map<Value, Value> memory, Map<String, Line> first) {
        for (Value written : line.written()) {
            Value changed = memory.getOrDefault(written, written);
            first.values()
                    .removeIf(
                            known ->
                                    known.operands().stream()
                                            .anyMatch(
                                                    value ->
                                                            memory.getOrDefault(value, value)
                                                                    == changed));
        }
    }
}
