/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a page says that a command prints.
 *
 * @param text the lines; one that is {@code ...} stands for any lines, and {@code ...} in a line
 *     for anything in it
 */
record ExpectedOutput(String text) {

    private static final String ELLIPSIS = "...";

    /** Says how an output differs; empty if it does not. */
    Optional<String> difference(String printed) {
        List<String> expected = lines(text);
        List<String> actual = lines(printed);
        // reached[j]: what is expected so far can be the first j lines.
        boolean[] reached = new boolean[actual.size() + 1];
        reached[0] = true;
        int furthest = 0;
        for (String line : expected) {
            boolean[] next = new boolean[reached.length];
            if (line.strip().equals(ELLIPSIS)) {
                boolean any = false;
                for (int j = 0; j < reached.length; j++) {
                    any |= reached[j];
                    next[j] = any;
                }
            } else {
                Pattern pattern = pattern(line);
                for (int j = 0; j < actual.size(); j++) {
                    next[j + 1] = reached[j] && pattern.matcher(actual.get(j)).matches();
                }
            }
            if (first(next) < 0) {
                return Optional.of(
                        "the page says \""
                                + line
                                + "\", but there came "
                                + excerpt(actual, first(reached)));
            }
            furthest = first(next);
            reached = next;
        }
        return reached[actual.size()]
                ? Optional.empty()
                : Optional.of("the page ends, but there came " + excerpt(actual, furthest));
    }

    private static int first(boolean[] reached) {
        for (int j = 0; j < reached.length; j++) {
            if (reached[j]) {
                return j;
            }
        }
        return -1;
    }

    private static Pattern pattern(String line) {
        return Pattern.compile(
                Stream.of(line.split(Pattern.quote(ELLIPSIS), -1))
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*")));
    }

    private static List<String> lines(String text) {
        return text.stripTrailing()
                .lines()
                .map(String::stripTrailing)
                .dropWhile(String::isEmpty)
                .toList();
    }

    private static String excerpt(List<String> lines, int from) {
        if (from == lines.size()) {
            return "nothing more";
        }
        return lines.subList(from, Math.min(lines.size(), from + 8)).stream()
                .map(line -> "\n    " + line)
                .collect(Collectors.joining("", "this:", ""));
    }
}
