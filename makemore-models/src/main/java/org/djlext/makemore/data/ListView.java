/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.AbstractList;
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

    @Override
    public int size() {
        return size;
    }

    @Override
    public String get(int index) {
        return names.apply(Objects.checkIndex(index, size));
    }
}
