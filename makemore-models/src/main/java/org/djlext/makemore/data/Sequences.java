/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Examples for a model that predicts at every position: the makemore program's data set.
 *
 * <p>A name gives one example. With four positions more than characters, "emma" is
 *
 * <pre>
 * x: . e m m a . . .
 * y: e m m a .            and nothing after the end, which is -1
 * </pre>
 */
public final class Sequences {

    private static final long NOTHING = -1;

    private Sequences() {}

    /**
     * {@return the examples of some names, in their order}
     *
     * @param names the names
     * @param blockSize the number of positions, more than any name has characters
     * @param vocabulary the numbers of the characters
     * @throws DataFileException if a name is too long
     */
    public static Examples of(List<String> names, int blockSize, CharVocabulary vocabulary) {
        int[] starts = new int[names.size() + 1]; // of each name, and the end of the last
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            int length = name.codePointCount(0, name.length());
            if (length >= blockSize) {
                throw new DataFileException(
                        ("a name may have at most %s characters with a block size of %s, but \"%s\""
                                        + " has %s")
                                .formatted(blockSize - 1, blockSize, name, length));
            }
            starts[i + 1] = starts[i] + length + 1;
        }
        int[] characters = Contexts.encode(names, vocabulary); // name after name, each with its end
        Shape shape = new Shape(blockSize);
        return new Examples(
                names.size(),
                1,
                // After the 0 that starts a name.
                new Examples.Row(
                        shape,
                        (name, values, at) -> write(characters, starts, name, values, at + 1)),
                new Examples.Row(
                        shape,
                        (name, values, at) -> {
                            // One 0 for the end of the name.
                            int after = write(characters, starts, name, values, at) + 1;
                            Arrays.fill(values, after, at + blockSize, NOTHING);
                        }));
    }

    /** Writes the characters of a name, and returns the place after them. */
    private static int write(int[] characters, int[] starts, int name, long[] values, int at) {
        int length = starts[name + 1] - starts[name] - 1;
        for (int i = 0; i < length; i++) {
            values[at + i] = characters[starts[name] + i];
        }
        return at + length;
    }
}
