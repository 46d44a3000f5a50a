/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The characters that a model knows, and their numbers: {@code stoi} and {@code itos} of the
 * lectures.
 *
 * <p>Number 0 stands for the start and the end of a name; the lectures print it as '.'. A character
 * is a Unicode code point, so that any alphabet will do.
 */
public final class CharVocabulary {

    /** The vocabulary of the lectures: '.' and the letters a to z. */
    public static final CharVocabulary LETTERS = new CharVocabulary(".abcdefghijklmnopqrstuvwxyz");

    // What stands for number 0 if '.' itself is a character of the data: lines cannot have it.
    private static final String LINE_END = "\n";

    // The longest array that a JVM makes.
    private static final int MAX_ENCODED = Integer.MAX_VALUE - 8;

    private final String characters;
    private final List<String> texts;
    private final int[] numbers; // of each code point up to the largest; -1 for others

    /**
     * Makes a vocabulary.
     *
     * @param characters all characters in the order of their numbers, each once; the first stands
     *     for start and end and is '.' or a line end
     */
    public CharVocabulary(String characters) {
        this.characters = characters;
        texts = characters.codePoints().mapToObj(Character::toString).toList();
        numbers = new int[characters.codePoints().max().orElse(0) + 1];
        Arrays.fill(numbers, -1);
        for (int i = 0; i < texts.size(); i++) {
            numbers[texts.get(i).codePointAt(0)] = i;
        }
        if (!(characters.startsWith(".") || characters.startsWith(LINE_END))
                || characters.codePoints().distinct().count() != texts.size()) {
            throw new IllegalArgumentException(
                    "a vocabulary starts with '.' and holds each character once, but got \""
                            + characters
                            + "\"");
        }
    }

    /**
     * Makes the vocabulary of some names.
     *
     * @param names the names
     * @return '.', or a line end if they have '.', and their characters in the order of Unicode
     */
    public static CharVocabulary of(List<String> names) {
        BitSet found = new BitSet();
        for (String name : names) {
            name.codePoints().forEach(found::set);
        }
        StringBuilder sorted = new StringBuilder(found.get('.') ? LINE_END : ".");
        found.stream().forEach(sorted::appendCodePoint);
        return new CharVocabulary(sorted.toString());
    }

    /**
     * Returns all characters.
     *
     * @return the characters in the order of their numbers
     */
    public String characters() {
        return characters;
    }

    /**
     * Returns how many characters there are.
     *
     * @return the number, that for start and end included
     */
    public int size() {
        return texts.size();
    }

    /**
     * Returns the number of a character.
     *
     * @param codePoint the character
     * @return its number
     * @throws IllegalArgumentException if it is not in the vocabulary
     */
    public int index(int codePoint) {
        int index = codePoint < numbers.length ? numbers[codePoint] : -1;
        if (index < 0) {
            throw new IllegalArgumentException(
                    "'"
                            + Character.toString(codePoint)
                            + "' is not in the vocabulary \""
                            + characters
                            + "\"");
        }
        return index;
    }

    /**
     * Returns the numbers of a text's characters.
     *
     * @param text the text
     * @return a number for each code point
     * @throws IllegalArgumentException if a character is not in the vocabulary
     */
    public int[] encode(String text) {
        return text.codePoints().map(this::index).toArray();
    }

    /**
     * Returns the numbers of a name's characters.
     *
     * @param name the name
     * @return a number for each code point
     * @throws IllegalArgumentException if a character is not in the vocabulary, or stands for start
     *     and end
     */
    public int[] encodeName(String name) {
        int[] encoded = encode(name);
        for (int number : encoded) {
            if (number == 0) {
                throw new IllegalArgumentException(
                        "'"
                                + texts.get(0)
                                + "' stands for the start and the end of a name, so it cannot be in"
                                + " \""
                                + name
                                + "\"");
            }
        }
        return encoded;
    }

    /** Returns the numbers of all names, one name after the other, each followed by a 0. */
    int[] encodeNames(List<String> names) {
        long count = names.size();
        for (String name : names) {
            count += name.codePointCount(0, name.length());
        }
        if (count > MAX_ENCODED) {
            throw new DataFileException(
                    "the names may have "
                            + MAX_ENCODED
                            + " characters, counting an end for each, but have "
                            + count
                            + "; give fewer names");
        }
        int[] encoded = new int[(int) count];
        int at = 0;
        for (String name : names) {
            int[] characters = encodeName(name);
            System.arraycopy(characters, 0, encoded, at, characters.length);
            at += characters.length + 1;
        }
        return encoded;
    }

    /**
     * Returns the character of a number.
     *
     * @param index a number from 0 to size - 1
     * @return the character
     */
    public String character(int index) {
        return texts.get(index);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CharVocabulary v && v.characters.equals(characters);
    }

    @Override
    public int hashCode() {
        return characters.hashCode();
    }

    @Override
    public String toString() {
        return characters;
    }
}
