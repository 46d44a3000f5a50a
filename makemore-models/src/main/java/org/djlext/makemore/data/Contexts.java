/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * Examples for a model that predicts the next character: {@code build_dataset} of the lectures.
 *
 * <p>A name gives one example for each of its characters and one for its end; "..." precedes it:
 *
 * <pre>
 * ... -&gt; e
 * ..e -&gt; m
 * .em -&gt; m
 * emm -&gt; a
 * mma -&gt; .
 * </pre>
 *
 * <p>The names are kept one after the other, each with its end: then example i is what stands at
 * place i, and the characters before it up to the end of another name.
 */
public final class Contexts {

    // The longest array that a JVM makes.
    private static final int MAX_ENCODED = Integer.MAX_VALUE - 8;

    private Contexts() {}

    /**
     * {@return the examples of some names, in their order}
     *
     * @param names the names
     * @param blockSize how many characters the model sees
     * @param vocabulary the numbers of the characters
     */
    public static Examples of(List<String> names, int blockSize, CharVocabulary vocabulary) {
        int[] characters = encode(names, vocabulary);
        return new Examples(
                characters.length,
                1,
                new Examples.Row(
                        new Shape(blockSize),
                        (example, values, at) ->
                                writeBefore(characters, example, values, at, blockSize)),
                new Examples.Row(
                        new Shape(), (example, values, at) -> values[at] = characters[example]));
    }

    private static void writeBefore(
            int[] characters, int example, long[] values, int at, int blockSize) {
        for (int back = 1; back <= Math.min(blockSize, example); back++) {
            int character = characters[example - back];
            if (character == 0) {
                break; // the end of the name before
            }
            values[at + blockSize - back] = character;
        }
    }

    /** Returns the numbers of all names, one name after the other, each followed by a 0. */
    static int[] encode(List<String> names, CharVocabulary vocabulary) {
        long count = names.size();
        for (String name : names) {
            count += name.codePointCount(0, name.length());
        }
        if (count > MAX_ENCODED) {
            throw new DataFileException(
                    ("the names may have %s characters, counting an end for each, but have %s; give"
                                    + " fewer names")
                            .formatted(MAX_ENCODED, count));
        }
        int[] encoded = new int[(int) count];
        int at = 0;
        for (String name : names) {
            int[] characters = vocabulary.encodeName(name);
            System.arraycopy(characters, 0, encoded, at, characters.length);
            at += characters.length + 1;
        }
        return encoded;
    }
}
