/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import java.awt.Color;

/**
 * Colours for the numbers from 0 to 1, by linear interpolation between a few, named as in
 * matplotlib.
 */
public enum ColorMap {
    /** From white to dark blue (Brewer's nine classes of blue), for counts. */
    BLUES(0xf7fbff, 0xdeebf7, 0xc6dbef, 0x9ecae1, 0x6baed6, 0x4292c6, 0x2171b5, 0x08519c, 0x08306b),
    /** From violet by green to yellow, what {@code imshow} takes unless told otherwise. */
    VIRIDIS(
            0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30,
            0xfde725),
    /** From black to white. */
    GRAY(0x000000, 0xffffff);

    @SuppressWarnings("ImmutableEnumChecker") // nobody writes to it
    private final int[] anchors;

    ColorMap(int... anchors) {
        this.anchors = anchors;
    }

    /**
     * Returns the colour of a number.
     *
     * @param value from 0 to 1; what is beyond has the colour of the nearer end, NaN is red, which
     *     is in none of the maps
     * @return the colour
     */
    public Color at(double value) {
        if (Double.isNaN(value)) {
            return Color.RED;
        }
        double place = Math.max(0, Math.min(1, value)) * (anchors.length - 1);
        int below = Math.min((int) place, anchors.length - 2);
        double part = place - below;
        return new Color(mix(16, below, part), mix(8, below, part), mix(0, below, part));
    }

    private int mix(int shift, int below, double part) {
        int a = anchors[below] >> shift & 0xff;
        int b = anchors[below + 1] >> shift & 0xff;
        return (int) Math.round(a + part * (b - a));
    }
}
