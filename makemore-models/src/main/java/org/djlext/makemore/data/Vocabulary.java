/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import com.google.gson.JsonObject;
import org.djlext.files.Json;

/** What a model knows, and its numbers: {@code encode} and {@code decode} of the lectures. */
public interface Vocabulary {

    /**
     * Returns how many numbers there are.
     *
     * @return V
     */
    int size();

    /**
     * Returns the numbers of a text.
     *
     * @param text the text
     * @return its numbers, from 0 to V - 1
     * @throws IllegalArgumentException if something in it is not in the vocabulary
     */
    int[] encode(String text);

    /**
     * Returns the text of numbers.
     *
     * @param numbers numbers from 0 to V - 1
     * @return the text
     * @throws IllegalArgumentException if a number is not in this range
     */
    String decode(int... numbers);

    /**
     * Tells whether number 0 stands for the start and the end of a name.
     *
     * @return true for names, false for a text
     */
    default boolean hasSeparator() {
        return false;
    }

    /**
     * Returns the numbers of a name, or of how a text begins.
     *
     * @param name the name
     * @return its numbers, from 0 to V - 1
     * @throws IllegalArgumentException if something in it is not in the vocabulary, or stands for
     *     start and end
     */
    default int[] encodeName(String name) {
        return encode(name);
    }

    /**
     * Describes the vocabulary in a file.
     *
     * @return JSON that {@link #of} reads; its "type" says which vocabulary it is
     */
    JsonObject description();

    /**
     * Makes a vocabulary of its description.
     *
     * @param description what {@link #description} has returned, or anything
     * @return the vocabulary
     * @throws IllegalArgumentException if it is not such a description
     */
    static Vocabulary of(JsonObject description) {
        String type = Json.text(description, "type");
        return switch (type) {
            case CharVocabulary.TYPE -> CharVocabulary.of(description);
            case BytePairVocabulary.TYPE -> BytePairVocabulary.of(description);
            default ->
                    throw new IllegalArgumentException(
                            "a vocabulary must be of the type "
                                    + CharVocabulary.TYPE
                                    + " or "
                                    + BytePairVocabulary.TYPE
                                    + ", but is "
                                    + type);
        };
    }
}
