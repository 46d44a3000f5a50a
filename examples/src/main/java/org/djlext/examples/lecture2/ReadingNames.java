/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;
import org.djlext.examples.lecture.Output;

/** The data: names, and how many examples for a model of characters each of them holds. */
final class ReadingNames {

    private ReadingNames() {}

    static void run(Output out, List<String> names) {
        out.line("the first: %s", names.subList(0, Math.min(10, names.size())));
        IntSummaryStatistics lengths = names.stream().mapToInt(String::length).summaryStatistics();
        out.line(
                "%d names of %d to %d characters",
                names.size(), lengths.getMin(), lengths.getMax());

        List<String> inside = new ArrayList<>();
        String word = "emma";
        for (int i = 0; i + 1 < word.length(); i++) {
            inside.add(word.substring(i, i + 2));
        }
        out.line("pairs within emma: %s", String.join(" ", inside));
        // What comes first and after what a name ends are facts too: one example more than letters.
        out.line("with start and end: %s", String.join(" ", DictionaryCounts.bigrams(word)));
        int examples = names.stream().mapToInt(name -> name.length() + 1).sum();
        out.line("bigrams in all names: %d", examples);
    }
}
