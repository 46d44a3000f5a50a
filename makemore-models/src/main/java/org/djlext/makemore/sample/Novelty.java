/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.djlext.makemore.data.NameSplit;

/**
 * Where sampled names come from: a model that has learned and not memorized draws new ones.
 *
 * @param train how many are training names
 * @param dev how many are dev names, and no training names
 * @param test how many are test names, and neither
 * @param fresh how many are none of these
 */
public record Novelty(int train, int dev, int test, int fresh) {

    /**
     * Looks names up.
     *
     * @param names the sampled names
     * @param split the names that the model was trained and evaluated on
     * @return the counts
     */
    public static Novelty of(List<String> names, NameSplit split) {
        List<Set<String>> parts =
                List.of(
                        new HashSet<>(split.train()),
                        new HashSet<>(split.dev()),
                        new HashSet<>(split.test()));
        int[] counts = new int[parts.size() + 1];
        for (String name : names) {
            int part = 0;
            while (part < parts.size() && !parts.get(part).contains(name)) {
                part++;
            }
            counts[part]++;
        }
        return new Novelty(counts[0], counts[1], counts[2], counts[3]);
    }

    /** Returns the shares in a line. */
    @Override
    public String toString() {
        double all = Math.max(1, train + dev + test + fresh);
        return String.format(
                Locale.ROOT,
                "in train %.1f %%, in dev %.1f %%, in test %.1f %%, new %.1f %%",
                100 * train / all,
                100 * dev / all,
                100 * test / all,
                100 * fresh / all);
    }
}
