/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
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
        String actual =
                lines(printed).stream().map(line -> line + "\n").collect(Collectors.joining());
        Matcher matcher = matcher(expected, actual);
        if (matcher.matches()) {
            return Optional.empty();
        }
        int same = expected.size(); // lines of the page that are there, as many as can be
        while (!matcher.lookingAt()) {
            same--;
            matcher = matcher(expected.subList(0, same), actual);
        }
        String page =
                same == expected.size()
                        ? "the page ends"
                        : "the page says \"" + expected.get(same) + "\"";
        String more =
                actual.substring(matcher.end())
                        .lines()
                        .limit(8)
                        .map(line -> "\n    " + line)
                        .collect(Collectors.joining());
        return Optional.of(
                page + ", but there came " + (more.isEmpty() ? "nothing more" : "this:" + more));
    }

    private static Matcher matcher(List<String> expected, String actual) {
        String regex = expected.stream().map(ExpectedOutput::regex).collect(Collectors.joining());
        return Pattern.compile(regex).matcher(actual);
    }

    private static String regex(String line) {
        return line.strip().equals(ELLIPSIS)
                ? "(?:(?s:.*?)\n)?"
                : Stream.of(line.split(Pattern.quote(ELLIPSIS), -1))
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*", "", "\n"));
    }

    private static List<String> lines(String text) {
        return text.stripTrailing()
                .lines()
                .map(String::stripTrailing)
                .dropWhile(String::isEmpty)
                .toList();
    }
}
