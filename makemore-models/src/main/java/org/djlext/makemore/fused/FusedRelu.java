/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

/** max(x, 0), in the place of its input, which the layer before does not need: a linear one. */
public record FusedRelu() implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String h = code.x();
        code.line("%s.relu_()", h);
        // dx = dh where h > 0
        return () ->
                code.line(
                        "torch.threshold_backward(%s, %s, 0, grad_input=%s)",
                        StepCode.d(h), h, StepCode.d(h));
    }
}
