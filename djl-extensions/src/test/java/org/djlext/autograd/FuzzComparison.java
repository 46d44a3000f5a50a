/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What is got against what must be, with room for rounding alone. */
final class FuzzComparison {

    private static final double TOLERANCE = 1e-9;

    private FuzzComparison() {}

    static void assertGradients(String what, NDList wanted, NDList got) {
        if (wanted.size() != got.size()) {
            throw new AssertionError(what + ": " + got.size() + " for " + wanted.size());
        }
        for (int i = 0; i < got.size(); i++) {
            // None is zero: a rule may have been given zeros for none.
            @Nullable NDArray w = wanted.get(i);
            @Nullable NDArray g = got.get(i);
            if (w != null || g != null) {
                assertClose(
                        what + ", leaf " + i,
                        w == null ? g.zerosLike() : w,
                        g == null ? w.zerosLike() : g);
            }
        }
    }

    static void assertClose(String what, NDArray want, NDArray got) {
        double[] w = want.toDoubleArray();
        double[] g = got.toDoubleArray();
        double scale = 1;
        for (double value : w) {
            scale = Math.max(scale, Math.abs(value));
        }
        boolean same = want.getShape().equals(got.getShape());
        for (int i = 0; same && i < w.length; i++) {
            same = Double.compare(w[i], g[i]) == 0 || Math.abs(w[i] - g[i]) <= TOLERANCE * scale;
        }
        if (!same) {
            throw new AssertionError(
                    what + " is " + Arrays.toString(g) + ", but must be " + Arrays.toString(w));
        }
    }
}
