/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/**
 * What a function makes of the elements of a partition, a chunk of them at a time, so that no more
 * of it is held.
 */
final class Chunks<T, R> implements Iterator<R> {

    private final Iterator<T> elements;
    private final int size;
    private final Function<List<T>, List<R>> function;
    private Iterator<R> made = Collections.emptyIterator();

    Chunks(Iterator<T> elements, int size, Function<List<T>, List<R>> function) {
        this.elements = elements;
        this.size = size;
        this.function = function;
    }

    @Override
    public boolean hasNext() {
        while (!made.hasNext() && elements.hasNext()) {
            List<T> chunk = new ArrayList<>(size);
            do {
                chunk.add(elements.next());
            } while (chunk.size() < size && elements.hasNext());
            made = function.apply(chunk).iterator();
        }
        return made.hasNext();
    }

    @Override
    public R next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return made.next();
    }
}
