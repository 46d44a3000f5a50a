/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Leaves out lines whose results nobody reads. Random numbers are drawn whether they are read or
 * not, so that the generator is where the engine's own operations would have left it. The engine
 * leaves out what it finds dead itself, so these are put on a list that the script was given.
 */
final class DeadLines implements Pass {

    @Override
    public void apply(Program program) {
        Set<Value> read = new HashSet<>(program.results);
        List<Line> kept = new ArrayList<>();
        for (int i = program.step.size() - 1; i >= 0; i--) {
            Line line = program.step.get(i);
            boolean isRead = line.results().stream().anyMatch(read::contains);
            if (!line.isPure() || isRead) {
                if (line.isRandom() && !isRead) {
                    kept.add(new Line(Line.RELEASE, List.of(), List.of(), ""));
                    kept.add(new Line(Line.HOLD, List.of(line.results().get(0)), List.of(), ""));
                }
                kept.add(line);
                read.addAll(line.operands());
            }
        }
        Collections.reverse(kept);
        program.step = kept;
        program.before.removeIf(
                line -> line.isPure() && line.results().stream().noneMatch(read::contains));
    }
}
