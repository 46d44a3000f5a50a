/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Names in three parts: 80 % to train on, 10 % to choose settings by, 10 % to look at once, at the
 * end.
 *
 * @param train what the parameters are fitted to
 * @param dev what settings are chosen by
 * @param test what the last figure is taken from
 */
public record NameSplit(List<String> train, List<String> dev, List<String> test) {

    /** The fewest names that leave something in each part. */
    public static final int FEWEST = 10;

    /**
     * Shuffles and splits as the lectures do: {@code random.seed(42); random.shuffle(words)}, then
     * at {@code int(0.8 * n)} and {@code int(0.9 * n)}.
     *
     * @param names the names, in the order of the file
     * @return the parts
     * @throws DataFileException if there are fewer than {@link #FEWEST} names
     */
    public static NameSplit of(List<String> names) {
        if (names.size() < FEWEST) {
            throw new DataFileException(
                    "a split in three parts needs at least "
                            + FEWEST
                            + " names, but there are "
                            + names.size());
        }
        List<String> shuffled = new ArrayList<>(names);
        new PythonRandom(42).shuffle(shuffled);
        int n1 = (int) (0.8 * shuffled.size());
        int n2 = (int) (0.9 * shuffled.size());
        return new NameSplit(
                List.copyOf(shuffled.subList(0, n1)),
                List.copyOf(shuffled.subList(n1, n2)),
                List.copyOf(shuffled.subList(n2, shuffled.size())));
    }
}
