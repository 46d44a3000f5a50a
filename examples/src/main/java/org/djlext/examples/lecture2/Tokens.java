/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import java.util.ArrayList;
import java.util.List;

/** The lecture's first way to mark the ends of a name: two tokens that are no characters. */
final class Tokens {

    static final String START = "<S>";
    static final String END = "<E>";

    private Tokens() {}

    /** Splits a name: the start, its letters, the end. */
    static List<String> split(String name) {
        List<String> tokens = new ArrayList<>();
        tokens.add(START);
        name.chars().forEach(c -> tokens.add(Character.toString(c)));
        tokens.add(END);
        return tokens;
    }

    /** Returns the pairs of neighbours. */
    static List<String> bigrams(String name) {
        List<String> tokens = split(name);
        List<String> bigrams = new ArrayList<>();
        for (int i = 0; i + 1 < tokens.size(); i++) {
            bigrams.add(tokens.get(i) + tokens.get(i + 1));
        }
        return bigrams;
    }
}
