/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.util.List;

/**
 * Gives each place of a layer its y, so that edges are nearly level.
 *
 * <p>In sweeps to and fro each layer's places want to be at the mean of their neighbours; they get
 * what is nearest to that, by least squares, with the order kept and a gap between.
 */
final class Placement {

    private static final int SWEEPS = 16;
    private static final double BOX_PITCH = Diagram.BOX_HEIGHT + 14;
    private static final double BEND_PITCH = 12;

    private final Layers layers;
    private final double[] y;

    private Placement(Layers layers) {
        this.layers = layers;
        y = new double[layers.places()];
    }

    /** Returns y of each place; the least is 0. */
    static double[] of(Layers layers) {
        Placement placement = new Placement(layers);
        for (int i = 0; i < layers.count(); i++) {
            placement.place(layers.layer(i), false);
        }
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            boolean leftwards = sweep % 2 == 0;
            for (int i = 0; i < layers.count(); i++) {
                placement.place(
                        layers.layer(leftwards ? i : layers.count() - 1 - i), sweep >= SWEEPS / 2);
            }
        }
        // Last from the root on, so that an operation is level with what it made.
        for (int i = 0; i < layers.count(); i++) {
            placement.place(layers.layer(i), false);
        }
        placement.moveToTop();
        return placement.y;
    }

    private void place(List<Integer> layer, boolean bothSides) {
        int n = layer.size();
        double[] offset = new double[n];
        for (int k = 1; k < n; k++) {
            offset[k] = offset[k - 1] + pitch(layer.get(k - 1), layer.get(k));
        }
        // With the offsets taken away, "at least a gap apart" becomes "not descending".
        double[] level = new double[n];
        for (int k = 0; k < n; k++) {
            level[k] = wish(layer.get(k), bothSides) - offset[k];
        }
        poolDescending(level);
        for (int k = 0; k < n; k++) {
            y[layer.get(k)] = level[k] + offset[k];
        }
    }

    private double pitch(int above, int below) {
        return layers.isBend(above) && layers.isBend(below)
                ? BEND_PITCH
                : layers.isBend(above) || layers.isBend(below)
                        ? (BOX_PITCH + BEND_PITCH) / 2
                        : BOX_PITCH;
    }

    private double wish(int place, boolean bothSides) {
        double after = Layers.mean(layers.after(place), y, y[place]);
        double before = Layers.mean(layers.before(place), y, after);
        if (!bothSides || layers.after(place).isEmpty()) {
            return layers.after(place).isEmpty() ? before : after;
        }
        return (before + after) / 2;
    }

    /** Replaces numbers by the nearest that do not descend: runs that do, by their mean. */
    static void poolDescending(double[] numbers) {
        int n = numbers.length;
        double[] sum = new double[n];
        int[] size = new int[n];
        int pools = 0;
        for (double number : numbers) {
            sum[pools] = number;
            size[pools] = 1;
            pools++;
            while (pools > 1
                    && sum[pools - 2] / size[pools - 2] > sum[pools - 1] / size[pools - 1]) {
                sum[pools - 2] += sum[pools - 1];
                size[pools - 2] += size[pools - 1];
                pools--;
            }
        }
        int k = 0;
        for (int pool = 0; pool < pools; pool++) {
            for (int i = 0; i < size[pool]; i++) {
                numbers[k++] = sum[pool] / size[pool];
            }
        }
    }

    private void moveToTop() {
        double least = Double.POSITIVE_INFINITY;
        for (double each : y) {
            least = Math.min(least, each);
        }
        for (int place = 0; place < y.length; place++) {
            y[place] -= least;
        }
    }
}
