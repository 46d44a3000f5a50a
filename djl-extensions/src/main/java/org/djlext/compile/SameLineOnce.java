/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Computes once what two lines compute: the tanh of forward and that of backward. */
final class SameLineOnce implements Pass {

    @Override
    public void apply(Program program) {
        UnaryOperator<Value> memory = program.memory();
        Map<String, Line> first = new HashMap<>();
        program.rewrite(
                (line, same) -> {
                    forgetWritten(line, memory, first);
                    boolean mayBeShared = line.isPure() && !program.isRecorded(line);
                    Line known = mayBeShared ? first.putIfAbsent(line.call(), line) : null;
                    if (known == null) {
                        return List.of(line);
                    }
                    line.readFrom(known, same);
                    return List.of();
                });
    }

    /** What was computed of an array is another number after the array has changed. */
    private static void forgetWritten(
            Line line, UnaryOperator<Value> memory, Map<String, Line> first) {
        for (Value written : line.written()) {
            Value changed = memory.apply(written);
            first.values()
                    .removeIf(
                            known ->
                                    known.operands().stream()
                                            .map(memory)
                                            .anyMatch(changed::equals));
        }
    }
}
