/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import org.djlext.autograd.Autograd;

/**
 * Where tanh is so near to 1 or -1 that it passes hardly any gradient: its derivative is 1 - t^2.
 */
public final class Saturation {

    /** From where on the lecture counts a tanh as saturated. */
    public static final double LIMIT = 0.97;

    /** The same for its map, white on black. */
    public static final double MAP_LIMIT = 0.99;

    private Saturation() {}

    /**
     * {@return how much is saturated: the part of the numbers beyond the limit, 0 to 1}
     *
     * @param t an output of tanh, of any shape
     * @param limit the largest magnitude that counts as not saturated
     */
    public static double share(NDArray t, double limit) {
        try (NDArray map = map(t, limit);
                NDArray count = map.toType(DataType.INT64, false).sum()) {
            return (double) count.getLong() / t.size();
        }
    }

    /**
     * {@return what is saturated, as a BOOLEAN for each number}
     *
     * @param t an output of tanh, of any shape
     * @param limit the largest magnitude that counts as not saturated
     */
    public static NDArray map(NDArray t, double limit) {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDArray magnitude = t.abs()) {
            return magnitude.gt(limit);
        }
    }

    /**
     * {@return the units that are saturated for all examples, a white column of the map} No
     * gradient gets through these; if that is so for all data, they never learn.
     *
     * @param map what is saturated, BOOLEAN of shape (N, units)
     */
    public static List<Integer> deadUnits(NDArray map) {
        List<Integer> dead = new ArrayList<>();
        boolean[] saturated = map.toBooleanArray();
        int units = (int) map.getShape().get(1);
        for (int unit = 0; unit < units; unit++) {
            boolean all = true;
            for (int at = unit; at < saturated.length; at += units) {
                all &= saturated[at];
            }
            if (all) {
                dead.add(unit);
            }
        }
        return dead;
    }
}
