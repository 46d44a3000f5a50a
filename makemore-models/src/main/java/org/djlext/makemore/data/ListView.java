/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.function.IntFunction;

/** Names that are looked up in another list when they are asked for, and so take no memory. */
final class ListView extends AbstractList<String> implements RandomAccess {

    private final int size;
    private final IntFunction<String> names;

    ListView(int size, IntFunction<String> names) {
        this.size = size;
        this.names = names;
    }

    /**
     * Repeats items.
     *
     * @param items the items
     * @param counts how often each occurs, at least once
     * @throws DataFileException if they are more than a list can hold
     */
    static List<String> repeated(List<String> items, long... counts) {
        long[] ends = counts.clone(); // of item i: the sum of the counts up to it, itself included
        Arrays.parallelPrefix(ends, Long::sum);
        long size = ends[ends.length - 1];
        if (size > Integer.MAX_VALUE) {
            throw new DataFileException(
                    "the counts must add up to at most %s, but do to %s; divide them by a number"
                            .formatted(Integer.MAX_VALUE, size));
        }
        return new ListView(
                (int) size,
                i -> {
                    int at = Arrays.binarySearch(ends, i + 1L); // or where it would be inserted
                    return items.get(at < 0 ? -at - 1 : at);
                });
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String get(int index) {
        return names.apply(Objects.checkIndex(index, size));
    }
}
