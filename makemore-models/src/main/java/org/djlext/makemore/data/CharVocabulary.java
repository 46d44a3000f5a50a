/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.djlext.files.Json;

/**
 * The characters that a model knows, and their numbers: {@code stoi} and {@code itos} of the
 * lectures. A character is a Unicode code point, so that any alphabet will do.
 *
 * <p>That of names has a separator, number 0, which stands for the start and the end of a name; the
 * lectures print it as '.'. That of a text has its characters alone.
 */
public final class CharVocabulary implements Vocabulary {

    /** The vocabulary of the lectures: '.' and the letters a to z. */
    public static final CharVocabulary LETTERS = new CharVocabulary(".abcdefghijklmnopqrstuvwxyz");

    static final String TYPE = "characters";

    // What stands for number 0 if '.' itself is a character of the data: lines cannot have it.
    private static final String LINE_END = "\n";

    private final String characters;
    private final boolean separator;
    private final List<String> texts;
    private final int[] numbers; // of each code point up to the largest; -1 for others

    /**
     * Makes a vocabulary of names.
     *
     * @param characters all characters in the order of their numbers, each once; the first stands
     *     for start and end and is '.' or a line end
     */
    public CharVocabulary(String characters) {
        this(characters, true);
    }

    private CharVocabulary(String characters, boolean separator) {
        this.characters = characters;
        this.separator = separator;
        texts = characters.codePoints().mapToObj(Character::toString).toList();
        boolean isSeparated = characters.startsWith(".") || characters.startsWith(LINE_END);
        if ((separator && !isSeparated)
                || characters.codePoints().distinct().count() != texts.size()
                || texts.isEmpty()) {
            throw new IllegalArgumentException(
                    "a vocabulary %sholds each character once, and at least one, but got \"%s\""
                            .formatted(separator ? "starts with '.' and " : "", characters));
        }
        numbers = new int[characters.codePoints().max().orElse(0) + 1];
        Arrays.fill(numbers, -1);
        for (int i = 0; i < texts.size(); i++) {
            numbers[texts.get(i).codePointAt(0)] = i;
        }
    }

    /**
     * {@return the vocabulary of some names: '.', or a line end if they have '.', and their
     * characters in the order of Unicode}
     *
     * @param names the names
     */
    public static CharVocabulary of(List<String> names) {
        BitSet found = new BitSet();
        names.forEach(name -> name.codePoints().forEach(found::set));
        return new CharVocabulary((found.get('.') ? LINE_END : ".") + sorted(found), true);
    }

    /**
     * {@return the vocabulary of a text, without a separator: its characters in the order of
     * Unicode}
     *
     * @param text the text, not empty
     */
    public static CharVocabulary ofText(String text) {
        BitSet found = new BitSet();
        text.codePoints().forEach(found::set);
        return new CharVocabulary(sorted(found), false);
    }

    private static String sorted(BitSet found) {
        StringBuilder sorted = new StringBuilder();
        found.stream().forEach(sorted::appendCodePoint);
        return sorted.toString();
    }

    static CharVocabulary of(JsonObject description) {
        Description read = Json.record(description, TYPE, Description.class);
        return new CharVocabulary(read.all, read.separator);
    }

    private record Description(String all, boolean separator) {}

    @Override
    public JsonObject description() {
        JsonObject description = new JsonObject();
        description.addProperty("type", TYPE);
        description.add(TYPE, Json.tree(new Description(characters, separator)));
        return description;
    }

    /** {@return all characters in the order of their numbers} */
    public String characters() {
        return characters;
    }

    @Override
    public int size() {
        return texts.size();
    }

    @Override
    public boolean hasSeparator() {
        return separator;
    }

    /**
     * {@return the number of a character}
     *
     * @param codePoint the character
     * @throws IllegalArgumentException if it is not in the vocabulary
     */
    public int index(int codePoint) {
        boolean known = codePoint >= 0 && codePoint < numbers.length && numbers[codePoint] >= 0;
        if (!known) {
            throw new IllegalArgumentException(
                    "'%s' is not in the vocabulary \"%s\""
                            .formatted(
                                    Character.isValidCodePoint(codePoint)
                                            ? Character.toString(codePoint)
                                            : codePoint,
                                    this));
        }
        return numbers[codePoint];
    }

    @Override
    public int[] encode(String text) {
        return text.codePoints().map(this::index).toArray();
    }

    @Override
    public int[] encodeName(String name) {
        int[] encoded = encode(name);
        for (int number : encoded) {
            if (separator && number == 0) {
                throw new IllegalArgumentException(
                        "'%s' stands for the start and the end of a name, so it cannot be in \"%s\""
                                .formatted(texts.get(0), name));
            }
        }
        return encoded;
    }

    /**
     * {@return the character of a number}
     *
     * @param index a number from 0 to size - 1
     * @throws IllegalArgumentException if it is not in this range
     */
    public String character(int index) {
        if (index < 0 || index >= size()) {
            throw new IllegalArgumentException(
                    "a character's number must be from 0 to " + (size() - 1) + ", but is " + index);
        }
        return texts.get(index);
    }

    @Override
    public String decode(int... numbers) {
        StringBuilder text = new StringBuilder(numbers.length);
        for (int number : numbers) {
            text.append(character(number));
        }
        return text.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CharVocabulary v
                && v.characters.equals(characters)
                && v.separator == separator;
    }

    @Override
    public int hashCode() {
        return characters.hashCode();
    }

    /** Returns the characters on one line. */
    @Override
    public String toString() {
        return characters.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r");
    }
}
