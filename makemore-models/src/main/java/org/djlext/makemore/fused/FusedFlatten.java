/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

/**
 * Consecutive rows side by side: (N, features) becomes (N / n, n features). Nothing is copied.
 *
 * @param n how many rows become one
 */
public record FusedFlatten(int n) implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        String y = code.view("%s.view(-1, %s.size(1) * %d)", x, x, n);
        code.mergeRows(n);
        return () ->
                code.bind(
                        StepCode.d(x),
                        StepCode.d(y),
                        String.format("%s.view_as(%s)", StepCode.d(y), x));
    }
}
