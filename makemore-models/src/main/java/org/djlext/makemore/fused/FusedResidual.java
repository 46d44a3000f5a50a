/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A residual connection, y = x + f(x).
 *
 * @param layers f; the last of them needs neither its result nor the memory of its gradient in
 *     backward, as a linear layer does
 */
public record FusedResidual(List<FusedLayer> layers) implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        List<Runnable> backward = new ArrayList<>();
        layers.forEach(layer -> backward.add(layer.write(code)));
        String y = code.x();
        code.line("%s.add_(%s)", y, x);
        Collections.reverse(backward);
        return () -> {
            backward.forEach(Runnable::run);
            // x was used twice, so its gradients add up.
            code.line("%s.add_(%s)", StepCode.d(x), StepCode.d(y));
        };
    }
}
