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

/** Iterators that hold no more of a partition than what they are at. */
final class Iterators {

    private Iterators() {}

    /** Returns lists of so many elements, the last of as many as are left. */
    static <T> Iterator<List<T>> chunks(Iterator<T> elements, int size) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return elements.hasNext();
            }

            @Override
            public List<T> next() {
                List<T> chunk = new ArrayList<>(size);
                do {
                    chunk.add(elements.next());
                } while (chunk.size() < size && elements.hasNext());
                return chunk;
            }
        };
    }

    /** Returns what a function makes of each element, when it is asked for. */
    static <T, R> Iterator<R> flatMap(
            Iterator<T> elements, Function<? super T, ? extends Iterable<R>> function) {
        return new Iterator<>() {
            private Iterator<R> current = Collections.emptyIterator();

            @Override
            public boolean hasNext() {
                while (!current.hasNext() && elements.hasNext()) {
                    current = function.apply(elements.next()).iterator();
                }
                return current.hasNext();
            }

            @Override
            public R next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return current.next();
            }
        };
    }
}
