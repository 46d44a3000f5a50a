/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;

/**
 * Adds a vector for each position, in the place of the input.
 *
 * @param weight a vector for each of the T positions of an example, (T, features)
 */
public record FusedPositions(NDArray weight) implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String w = code.parameter(weight);
        String x = code.x();
        String shape = "n, " + code.positions() + ", -1";
        code.declare("%s_positions = %s.view(%s)", x, x, shape);
        code.line("%s_positions.add_(%s)", x, w);
        return () -> code.anyGradient(w, String.format("%s.view(%s).sum(0)", StepCode.d(x), shape));
    }
}
