/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.examples.lecture.Output;

/** Counting with a dictionary: which bigrams are the most common, and which the least. */
final class DictionaryCounts {

    private static final int SHOWN = 10;

    private DictionaryCounts() {}

    /**
     * The counts.
     *
     * @param firstThree of the first three names, in the order in which they occur
     * @param all of all names
     * @param mostCommon of all names, the most common first: n&lt;E&gt; 6763, a&lt;E&gt; 6640, an
     *     5438, &lt;S&gt;a 4410 in the lecture
     */
    record Result(
            Map<String, Integer> firstThree,
            Map<String, Integer> all,
            List<Map.Entry<String, Integer>> mostCommon) {}

    static Result run(Output out, List<String> names) {
        List<String> three = names.subList(0, Math.min(3, names.size()));
        Map<String, Integer> few = count(three);
        out.line("%s: %s", three, few);
        Map<String, Integer> all = count(names);
        List<Map.Entry<String, Integer>> sorted =
                all.entrySet().stream()
                        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                        .toList();
        int shown = Math.min(SHOWN, sorted.size());
        out.line("%d different bigrams", sorted.size());
        out.line("most common:  %s", sorted.subList(0, shown));
        out.line("least common: %s", sorted.subList(sorted.size() - shown, sorted.size()));
        return new Result(few, all, sorted);
    }

    static Map<String, Integer> count(List<String> names) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (String name : names) {
            for (String bigram : Tokens.bigrams(name)) {
                counts.merge(bigram, 1, Integer::sum);
            }
        }
        return counts;
    }
}
