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
import java.util.Set;

/** Computes once what two lines compute: the tanh of forward and that of backward. */
final class SameLineOnce implements Pass {

    @Override
    public void apply(Program program) {
        Set<Value> written = program.written();
        Map<String, Line> first = new HashMap<>();
        Map<Value, Value> replacements = new HashMap<>();
        List<Line> kept = new ArrayList<>();
        for (Line original : program.step) {
            Line line =
                    original.replaceOperands(value -> replacements.getOrDefault(value, value));
            boolean fixed =
                    !line.isPure()
                            || program.isRecorded(line)
                            || line.operands().stream().anyMatch(written::contains);
            Line known = fixed ? null : first.putIfAbsent(line.call(), line);
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
}
