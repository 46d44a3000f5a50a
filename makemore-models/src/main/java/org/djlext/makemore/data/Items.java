/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a list of names, or of anything else, holds: items, and how often each occurs if the list
 * says it.
 */
public final class Items {

    private final List<String> items;
    private final long @Nullable []
            ends; // of item i: the sum of the counts up to it, itself included
    private final List<String> notices;

    Items(List<String> items, long @Nullable [] counts, List<String> notices) {
        this.items = items;
        this.notices = List.copyOf(notices);
        ends = counts == null ? null : counts.clone();
        if (ends != null) {
            Arrays.parallelPrefix(ends, Long::sum);
        }
    }

    /** {@return the items in the order of the files, each once for each line that has it} */
    public List<String> items() {
        return items;
    }

    /**
     * {@return each item as often as it occurs, in the order of the files} The list is a view: a
     * million times the same name takes no more memory than once.
     *
     * @throws DataFileException if they are more than a list can hold
     */
    public List<String> repeated() {
        if (ends == null) {
            return items;
        }
        long[] last = ends;
        long size = last[last.length - 1];
        if (size > Integer.MAX_VALUE) {
            throw new DataFileException(
                    "the counts must add up to at most "
                            + Integer.MAX_VALUE
                            + ", but do to "
                            + size
                            + "; divide them by a number");
        }
        return new ListView((int) size, i -> items.get(itemAt(last, i)));
    }

    /** {@return what the user should know, though nothing is wrong: sentences, often none} */
    public List<String> notices() {
        return notices;
    }

    /** Returns the first item whose end is beyond an index; items with the count 0 have none. */
    private static int itemAt(long[] ends, int index) {
        int at = Arrays.binarySearch(ends, index + 1L);
        while (at > 0 && ends[at - 1] == ends[at]) {
            at--;
        }
        return at < 0 ? -at - 1 : at;
    }
}
