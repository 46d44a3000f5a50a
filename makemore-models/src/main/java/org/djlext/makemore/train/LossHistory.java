/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import java.util.Arrays;

/** The losses of all steps so far. */
final class LossHistory {

    private static final int FIRST = 1024;

    private float[] losses = new float[FIRST];
    private int count;

    void add(float... added) {
        if (count + added.length > losses.length) {
            losses = Arrays.copyOf(losses, Math.max(count + added.length, 2 * losses.length));
        }
        System.arraycopy(added, 0, losses, count, added.length);
        count += added.length;
    }

    float[] toArray() {
        return Arrays.copyOf(losses, count);
    }
}
