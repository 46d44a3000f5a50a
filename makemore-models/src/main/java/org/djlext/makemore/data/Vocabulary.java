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

    /** {@return how many numbers there are, V} */
    int size();

    /**
     * {@return the numbers of a text, from 0 to V - 1}
     *
     * @param text the text
     * @throws IllegalArgumentException if something in it is not in the vocabulary
     */
    int[] encode(String text);

    /**
     * {@return the text of numbers}
     *
     * @param numbers numbers from 0 to V - 1
     * @throws IllegalArgumentException if a number is not in this range
     */
    String decode(int... numbers);

    /**
     * {@return whether number 0 stands for the start and the end of a name, as it does in no text}
     */
    default boolean hasSeparator() {
        return false;
    }

    /**
     * {@return the numbers of a name, or of how a text begins, from 0 to V - 1}
     *
     * @param name the name
     * @throws IllegalArgumentException if something in it is not in the vocabulary, or stands for
     *     start and end
     */
    default int[] encodeName(String name) {
        return encode(name);
    }

    /**
     * {@return the vocabulary as JSON that {@link #of} reads; its "type" says which vocabulary it
     * is}
     */
    JsonObject description();

    /**
     * {@return the vocabulary of a description}
     *
     * @param description what {@link #description} has returned, or anything
     * @throws IllegalArgumentException if it is not such a description
     */
    static Vocabulary of(JsonObject description) {
        String type = Json.text(description, "type");
        return switch (type) {
            case CharVocabulary.TYPE -> CharVocabulary.of(description);
            case BytePairVocabulary.TYPE -> BytePairVocabulary.of(description);
            default ->
                    throw new IllegalArgumentException(
                            "a vocabulary must be of the type %s or %s, but is %s"
                                    .formatted(CharVocabulary.TYPE, BytePairVocabulary.TYPE, type));
        };
    }
}
