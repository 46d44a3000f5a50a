/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.notebook;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Compares texts whose numbers may differ a little, as those of other processors do.
 *
 * @param words the text without its numbers
 * @param numbers the numbers with a fraction or an exponent; whole numbers are words
 */
record NumbersInText(String words, List<Double> numbers) {

    private static final Pattern NUMBER =
            Pattern.compile("[-+]?\\d+(\\.\\d+([eE][-+]?\\d+)?|[eE][-+]?\\d+)");
    private static final Pattern SPACES = Pattern.compile(" +");
    private static final double RELATIVE = 2e-3;
    private static final double ABSOLUTE = 2e-4;

    static NumbersInText of(String text) {
        String words = SPACES.matcher(NUMBER.matcher(text).replaceAll("#")).replaceAll(" ");
        List<Double> numbers =
                NUMBER.matcher(text)
                        .results()
                        .map(MatchResult::group)
                        .map(Double::valueOf)
                        .toList();
        return new NumbersInText(words, numbers);
    }

    boolean isCloseTo(NumbersInText other) {
        if (!words.equals(other.words) || numbers.size() != other.numbers.size()) {
            return false;
        }
        for (int i = 0; i < numbers.size(); i++) {
            double want = other.numbers.get(i);
            double difference = Math.abs(numbers.get(i) - want);
            if (!(difference <= ABSOLUTE + RELATIVE * Math.abs(want))) {
                return false;
            }
        }
        return true;
    }
}
