/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * Puts the features of n consecutive positions side by side: (B, T, C) becomes (B, T/n, C n), or
 * (B, C n) if nothing remains of T. A view; nothing is copied.
 *
 * <p>From makemore 5: with n = 2 three times, eight characters are fused in a tree, as in WaveNet,
 * instead of all at once.
 */
public final class FlattenConsecutive extends Layer {

    private final long n;

    /**
     * Makes the layer.
     *
     * @param n how many positions become one
     */
    public FlattenConsecutive(long n) {
        this.n = Checks.atLeastOne("n of FlattenConsecutive", n);
    }

    /**
     * {@return the layer that leaves one position, the lectures' {@code Flatten}}
     *
     * @param positions T, all positions of the input
     */
    public static FlattenConsecutive all(long positions) {
        return new FlattenConsecutive(positions);
    }

    /** {@return how many positions become one} */
    public long n() {
        return n;
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return x.reshape(outputShape(x.getShape()));
    }

    @Override
    protected Shape outputShape(Shape input) {
        if (input.dimension() != 3 || input.get(1) % n != 0) {
            throw new IllegalArgumentException(
                    ("FlattenConsecutive(%s) takes input of shape (B, T, C)"
                                    + " with T a multiple of %s, but got %s")
                            .formatted(n, n, input));
        }
        long positions = input.get(1) / n;
        long features = input.get(2) * n;
        return positions == 1
                ? new Shape(input.get(0), features)
                : new Shape(input.get(0), positions, features);
    }

    @Override
    protected Map<String, ?> settings() {
        return Map.of("n", n);
    }
}
