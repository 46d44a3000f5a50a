/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
     * {@return where names come from}
     *
     * @param names the sampled names
     * @param split the names that the model was trained and evaluated on
     */
    public static Novelty of(List<String> names, NameSplit split) {
        // The sampled names are kept and the split's looked up, because there may be millions.
        Map<String, Integer> sampled = new HashMap<>();
        names.forEach(name -> sampled.merge(name, 1, Integer::sum));
        return new Novelty(
                take(sampled, split.train()),
                take(sampled, split.dev()),
                take(sampled, split.test()),
                sampled.values().stream().mapToInt(Integer::intValue).sum());
    }

    /** Takes out the names of a part, and returns how many they were. */
    private static int take(Map<String, Integer> sampled, List<String> part) {
        int count = 0;
        for (String name : part) {
            Integer taken = sampled.remove(name);
            count += taken == null ? 0 : taken;
        }
        return count;
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
