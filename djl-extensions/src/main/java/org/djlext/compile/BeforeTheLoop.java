/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Does once for all steps of a call what is the same in each: views of parameters and buffers,
 * which share their memory and so show each change, and what is computed of captured arrays alone.
 */
final class BeforeTheLoop implements Pass {

    @Override
    public void apply(Program program) {
        Set<Value> fixed = new HashSet<>(program.captured);
        Set<Value> views = new HashSet<>();
        // Whose reshape is a view, and not a copy.
        Set<Value> contiguous = new HashSet<>();
        Set<Value> written = program.written();
        Map<String, Line> known = new HashMap<>();
        for (Line line : program.before) {
            line.results().stream().filter(Value::isBuffer).forEach(contiguous::add);
            // A view of a parameter is there already, but what it shows changes.
            if (line.isPure() && fixed.containsAll(line.operands())) {
                line.results().stream().filter(v -> !v.isBuffer()).forEach(fixed::add);
            }
        }
        program.rewrite(
                (line, same) -> {
                    boolean isView = line.isView() && isView(line, views, contiguous);
                    boolean isFixed =
                            line.isPure()
                                    && !line.results().isEmpty()
                                    && line.operands().stream()
                                            .allMatch(
                                                    v -> fixed.contains(v) && !written.contains(v));
                    if (!isView && !isFixed) {
                        return List.of(line);
                    }
                    (isView ? views : fixed).addAll(line.results());
                    // A gradient by one of two leaves is none by the other.
                    boolean isLeaf = line.operation().equals("leaf");
                    Line before = isLeaf ? null : known.putIfAbsent(line.call(), line);
                    if (before == null) {
                        program.before.add(line);
                    } else {
                        line.readFrom(before, same);
                    }
                    return List.of();
                });
    }

    private static boolean isView(Line line, Set<Value> views, Set<Value> contiguous) {
        Value viewed = line.operand(0);
        if (line.operation().equals("reshape")) {
            boolean isOfBuffer = contiguous.contains(viewed);
            if (isOfBuffer) {
                contiguous.add(line.result());
            }
            return isOfBuffer;
        }
        return viewed.origin == Value.Origin.PARAMETER
                || contiguous.contains(viewed)
                || views.contains(viewed);
    }
}
