/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Characters and their numbers, in the order of Unicode: the lecture's {@code encode} and {@code
 * decode}. A character is a code point, so any text can be encoded.
 */
public final class CharTokenizer {

    private final int[] characters;
    private final Map<Integer, Integer> numbers = new HashMap<>();

    /**
     * Makes the vocabulary of a text: each character in it, sorted.
     *
     * @param text the text, not empty
     */
    public CharTokenizer(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException(
                    "a vocabulary needs at least one character, but the text is empty");
        }
        characters = text.codePoints().sorted().distinct().toArray();
        for (int i = 0; i < characters.length; i++) {
            numbers.put(characters[i], i);
        }
    }

    /**
     * Returns the vocabulary of a file.
     *
     * @param characters what {@link #characters()} has returned
     * @param config the model of the file
     * @return the vocabulary
     * @throws IllegalArgumentException if it is not sorted, or not of the model's size
     */
    static CharTokenizer of(String characters, GptConfig config) {
        CharTokenizer tokenizer = new CharTokenizer(characters);
        if (!tokenizer.characters().equals(characters) || tokenizer.size() != config.vocabSize()) {
            throw new IllegalArgumentException(
                    "a vocabulary must be "
                            + config.vocabSize()
                            + " characters, sorted and each once, but is \""
                            + characters
                            + "\"");
        }
        return tokenizer;
    }

    /**
     * Returns V, the number of characters.
     *
     * @return the number
     */
    public int size() {
        return characters.length;
    }

    /**
     * Returns the vocabulary.
     *
     * @return all characters in the order of their numbers; a tokenizer of this text is this one
     */
    public String characters() {
        return new String(characters, 0, characters.length);
    }

    /**
     * Returns the numbers of a text.
     *
     * @param text the text
     * @return a number for each code point
     * @throws IllegalArgumentException if a character is not in the vocabulary
     */
    public long[] encode(String text) {
        return text.codePoints().mapToLong(this::number).toArray();
    }

    private int number(int character) {
        Integer number = numbers.get(character);
        if (number == null) {
            throw new IllegalArgumentException(
                    "the character '"
                            + Character.toString(character)
                            + "' (U+"
                            + String.format("%04X", character)
                            + ") is not among the "
                            + size()
                            + " of the vocabulary; leave it out");
        }
        return number;
    }

    /**
     * Returns the text of numbers.
     *
     * @param tokens numbers from 0 to V - 1
     * @return a character for each
     */
    public String decode(long... tokens) {
        StringBuilder text = new StringBuilder(tokens.length);
        for (long token : tokens) {
            if (token < 0 || token >= size()) {
                throw new IllegalArgumentException(
                        "a character's number must be from 0 to "
                                + (size() - 1)
                                + ", but is "
                                + token);
            }
            text.appendCodePoint(characters[(int) token]);
        }
        return text.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CharTokenizer tokenizer
                && Arrays.equals(characters, tokenizer.characters);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(characters);
    }

    /** Returns the vocabulary on one line. */
    @Override
    public String toString() {
        return characters().replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r");
    }
}
