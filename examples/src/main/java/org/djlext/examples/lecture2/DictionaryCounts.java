/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.examples.lecture.Output;

/**
 * Counting with a dictionary: which bigrams are the most common, and which the least. The ends of a
 * name are marked the lecture's first way, by two tokens that are no characters.
 */
final class DictionaryCounts {

    static final String START = "<S>";
    static final String END = "<E>";

    private static final int SHOWN = 10;

    private DictionaryCounts() {}

    static void run(Output out, List<String> names) {
        List<String> three = names.subList(0, Math.min(3, names.size()));
        out.line("%s: %s", three, count(three));
        List<Map.Entry<String, Integer>> sorted =
                count(names).entrySet().stream()
                        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                        .toList();
        int shown = Math.min(SHOWN, sorted.size());
        out.line("%d different bigrams", sorted.size());
        out.line("most common:  %s", sorted.subList(0, shown));
        out.line("least common: %s", sorted.subList(sorted.size() - shown, sorted.size()));
    }

    private static Map<String, Integer> count(List<String> names) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (String name : names) {
            for (String bigram : bigrams(name)) {
                counts.merge(bigram, 1, Integer::sum);
            }
        }
        return counts;
    }

    /** Splits a name: the start, its letters, the end. */
    static List<String> tokens(String name) {
        List<String> tokens = new ArrayList<>();
        tokens.add(START);
        name.chars().forEach(c -> tokens.add(Character.toString(c)));
        tokens.add(END);
        return tokens;
    }

    /** Returns the pairs of neighbours. */
    static List<String> bigrams(String name) {
        List<String> tokens = tokens(name);
        List<String> bigrams = new ArrayList<>();
        for (int i = 0; i + 1 < tokens.size(); i++) {
            bigrams.add(tokens.get(i) + tokens.get(i + 1));
        }
        return bigrams;
    }
}
