/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.Arrays;
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
     * @param names the names, in the order of the file, which the parts read: it must not change
     * @return the parts
     * @throws DataFileException if there are fewer than {@link #FEWEST} names
     */
    public static NameSplit of(List<String> names) {
        if (names.size() < FEWEST) {
            throw new DataFileException(
                    "a split in three parts needs at least %s names, but got %s"
                            .formatted(FEWEST, names.size()));
        }
        int[] order = new int[names.size()];
        Arrays.setAll(order, i -> i);
        new PythonRandom(42).shuffle(order);
        int n1 = (int) (0.8 * order.length);
        int n2 = (int) (0.9 * order.length);
        return new NameSplit(
                part(names, order, 0, n1),
                part(names, order, n1, n2),
                part(names, order, n2, order.length));
    }

    private static List<String> part(List<String> names, int[] order, int from, int to) {
        return new ListView(to - from, i -> names.get(order[from + i]));
    }
}
