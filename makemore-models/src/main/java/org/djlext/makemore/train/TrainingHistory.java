/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.djlext.makemore.train.Training.Evaluated;

/** What a run has computed so far: the loss of each step, and the losses along the way. */
final class TrainingHistory {

    private static final int FIRST = 1024;

    private float[] losses = new float[FIRST];
    private int count;
    private final List<Evaluated> evaluations = new ArrayList<>();

    void add(float... added) {
        if (count + added.length > losses.length) {
            losses = Arrays.copyOf(losses, Math.max(count + added.length, 2 * losses.length));
        }
        System.arraycopy(added, 0, losses, count, added.length);
        count += added.length;
    }

    float[] losses() {
        return Arrays.copyOf(losses, count);
    }

    void add(Evaluated evaluated) {
        evaluations.add(evaluated);
    }

    List<Evaluated> evaluations() {
        return List.copyOf(evaluations);
    }

    /** Returns what was computed after a step, if it is the newest. */
    Optional<Evaluated> after(int step) {
        int last = evaluations.size() - 1;
        return last >= 0 && evaluations.get(last).step() == step
                ? Optional.of(evaluations.get(last))
                : Optional.empty();
    }

    /** Returns the first of the lowest dev losses after any step. */
    Optional<Evaluated> best() {
        return evaluations.stream()
                .filter(evaluated -> evaluated.step() > 0)
                .min(Comparator.comparingDouble(Evaluated::dev));
    }

    /** Returns how many evaluations there were since the best. */
    int sinceBest() {
        return best().map(best -> evaluations.size() - 1 - evaluations.indexOf(best)).orElse(0);
    }
}
