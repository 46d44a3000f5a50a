/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

/**
 * The characters that a model knows, and their numbers: {@code stoi} and {@code itos} of the
 * lectures.
 *
 * <p>Number 0 is '.', which stands for the start and the end of a name.
 *
 * @param characters all characters in the order of their numbers; the first is '.'
 */
public record CharVocabulary(String characters) {

    /** The vocabulary of the lectures: '.' and the letters a to z. */
    public static final CharVocabulary LETTERS = new CharVocabulary(".abcdefghijklmnopqrstuvwxyz");

    /**
     * Checks that '.' comes first and nothing twice.
     *
     * @param characters all characters in the order of their numbers
     */
    public CharVocabulary {
        if (!characters.startsWith(".")
                || characters.chars().distinct().count() != characters.length()) {
            throw new IllegalArgumentException(
                    "a vocabulary starts with '.' and holds each character once, but got \""
                            + characters
                            + "\"");
        }
    }

    /**
     * Returns how many characters there are.
     *
     * @return the number, '.' included
     */
    public int size() {
        return characters.length();
    }

    /**
     * Returns the number of a character.
     *
     * @param c the character
     * @return its number
     * @throws IllegalArgumentException if it is not in the vocabulary
     */
    public int index(char c) {
        int index = characters.indexOf(c);
        if (index < 0) {
            throw new IllegalArgumentException(
                    "'" + c + "' is not in the vocabulary \"" + characters + "\"");
        }
        return index;
    }

    /**
     * Returns the character of a number.
     *
     * @param index a number from 0 to size - 1
     * @return the character
     */
    public char character(int index) {
        return characters.charAt(index);
    }
}
