/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Does once for all steps of a call what is the same in each: views of parameters, which share
 * their memory and so show each update, and what is computed of captured arrays alone.
 */
final class BeforeTheLoop implements Pass {

    @Override
    public void apply(Program program) {
        Set<Value> fixed = new HashSet<>(program.captured);
        Set<Value> views = new HashSet<>();
        Set<Value> written = program.written();
        List<Line> kept = new ArrayList<>();
        for (Line line : program.step) {
            boolean isView =
                    line.isView()
                            && !line.operation().equals("reshape")
                            && isParameter(line.operand(0), views);
            boolean isFixed =
                    line.isPure()
                            && !line.results().isEmpty()
                            && line.operands().stream()
                                    .allMatch(v -> fixed.contains(v) && !written.contains(v));
            if (isView) {
                views.addAll(line.results());
            } else if (isFixed) {
                fixed.addAll(line.results());
            }
            if (isView || isFixed) {
                program.before.add(line);
            } else {
                kept.add(line);
            }
        }
        program.step = kept;
    }

    private static boolean isParameter(Value value, Set<Value> views) {
        return value.origin == Value.Origin.PARAMETER || views.contains(value);
    }
}
