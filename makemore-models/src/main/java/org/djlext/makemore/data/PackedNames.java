/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.RandomAccess;

/**
 * Names in a few bytes each: their text in UTF-8, one after the other, and where each begins. A
 * string is made when a name is asked for.
 */
final class PackedNames extends AbstractList<String> implements RandomAccess {

    private final PackedNumbers text;
    private final PackedNumbers starts; // of each name, and the end of the last

    private PackedNames(PackedNumbers text, PackedNumbers starts) {
        this.text = text;
        this.starts = starts;
    }

    @Override
    public int size() {
        return starts.size() - 1;
    }

    @Override
    public String get(int index) {
        int start = starts.get(index);
        return new String(text.bytes(start, starts.get(index + 1)), StandardCharsets.UTF_8);
    }

    /** Takes names one after the other. */
    static final class Writer implements AutoCloseable {

        private final PackedNumbers.Writer text = new PackedNumbers.Writer(0xff);
        private final PackedNumbers.Writer starts = new PackedNumbers.Writer(Integer.MAX_VALUE);
        private int length;

        Writer() {
            starts.add(0);
        }

        void add(String name) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            text.add(bytes);
            length += bytes.length;
            starts.add(length);
        }

        PackedNames finish() {
            return new PackedNames(text.finish(), starts.finish());
        }

        @Override
        public void close() {
            text.close();
            starts.close();
        }
    }
}
