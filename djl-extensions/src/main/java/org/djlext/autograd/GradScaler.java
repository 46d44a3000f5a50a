/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Scales losses, so that gradients in float16 do not vanish on their way: {@code
 * torch.amp.GradScaler}.
 *
 * <p>The smallest number of float16 is 6e-8; gradients below it are zero. A factor on the loss is
 * one on all gradients, and is taken away again from those that are stored, in float32. If it was
 * too large, some of them are infinite: the step is left out, and the factor gets smaller. After
 * many good steps it grows.
 *
 * <pre>{@code
 * GradScaler scaler = new GradScaler();
 * for (Batch batch : batches) {
 *     Autograd.backward(scaler.scale(loss(batch)));
 *     if (scaler.unscale(parameters)) {
 *         step(parameters);
 *     }
 *     parameters.forEach(Autograd::clearGradient);
 * }
 * }</pre>
 *
 * <p>bfloat16 has the range of float32 and needs none of this.
 */
public final class GradScaler {

    private static final ScriptFunction UNSCALE =
            TorchScript.compile(
                            """
                            def unscale(gradients: List[Tensor], inverse: float):
                                found = torch.zeros([1], device=gradients[0].device)
                                factor = torch.full([1], inverse, device=gradients[0].device)
                                torch._amp_foreach_non_finite_check_and_unscale_(gradients, found, factor)
                                return found
                            """)
                    .function("unscale");

    private final double growthFactor;
    private final double backoffFactor;
    private final int growthInterval;
    // A float, as in PyTorch: a double would turn a scalar loss in float32 into one in float64.
    private float factor;
    private int goodSteps;
    private boolean scaled; // since the last unscale

    /**
     * A scaler with PyTorch's defaults: 65536, doubled after 2000 good steps, halved after a bad
     * one.
     */
    public GradScaler() {
        this(65536, 2, 0.5, 2000);
    }

    /**
     * Constructor.
     *
     * @param initScale the first factor, positive and finite as a float
     * @param growthFactor what it is multiplied with after many good steps, more than 1
     * @param backoffFactor what it is multiplied with after a bad one, between 0 and 1
     * @param growthInterval how many good steps in a row are many
     * @throws IllegalArgumentException if one of them is out of range
     */
    public GradScaler(
            double initScale, double growthFactor, double backoffFactor, int growthInterval) {
        boolean fits =
                (float) initScale > 0
                        && Float.isFinite((float) initScale)
                        && growthFactor > 1
                        && backoffFactor > 0
                        && backoffFactor < 1
                        && growthInterval > 0;
        if (!fits) {
            throw new IllegalArgumentException(
                    ("GradScaler takes a positive initial scale in float32, a growth factor above"
                                    + " 1, a backoff factor between 0 and 1 and a positive"
                                    + " interval, but got %s, %s, %s and %s")
                            .formatted(initScale, growthFactor, backoffFactor, growthInterval));
        }
        factor = (float) initScale;
        this.growthFactor = growthFactor;
        this.backoffFactor = backoffFactor;
        this.growthInterval = growthInterval;
    }

    /**
     * Scales a loss, which is recorded.
     *
     * @param loss the loss, in float32 or float64
     * @return the loss times the factor, to call backward on
     * @throws IllegalArgumentException if the loss is of another type, which the factor might not
     *     fit in
     */
    public NDArray scale(NDArray loss) {
        requireWide("scale", "a loss", loss);
        scaled = true;
        return loss.mul(factor);
    }

    /**
     * Takes the factor away from stored gradients, in place, and sets the next one. Called once for
     * a step, with the parameters of all optimizers: a second call would take away another factor.
     *
     * @param parameters leaves, whose gradients are in float32 or float64; those without a stored
     *     gradient are passed over
     * @return whether all gradients are finite, so that an optimizer may step
     * @throws IllegalArgumentException if a gradient is of another type
     * @throws IllegalStateException if no loss was scaled since the last call
     */
    public boolean unscale(NDList parameters) {
        parameters.forEach(parameter -> requireWide("unscale", "gradients", parameter));
        if (!scaled) {
            throw new IllegalStateException(
                    "unscale must follow scale, but no loss was scaled since the last unscale; give"
                            + " all parameters in one call");
        }
        try (Autograd.Scope scope = Autograd.noGrad();
                NDList gradients = GradientClipping.stored("unscale", parameters)) {
            boolean finite = gradients.isEmpty() || allFinite(gradients);
            update(finite);
            scaled = false;
            return finite;
        }
    }

    private boolean allFinite(NDList gradients) {
        try (NDArray found = UNSCALE.callForArray(gradients, 1.0 / factor)) {
            return found.getFloat() == 0;
        }
    }

    private void update(boolean finite) {
        if (!finite) {
            factor = (float) (factor * backoffFactor);
            goodSteps = 0;
        } else if (++goodSteps == growthInterval) {
            float grown = (float) (factor * growthFactor);
            // As in PyTorch: an infinite factor would never get smaller again.
            factor = Float.isFinite(grown) ? grown : factor;
            goodSteps = 0;
        }
    }

    /** {@return the factor of the next step} */
    public float factor() {
        return factor;
    }

    private static void requireWide(String method, String what, NDArray array) {
        DataType type = Arguments.onPyTorch(method, array).getDataType();
        if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
            throw new IllegalArgumentException(
                    ("%s takes %s in float32 or float64, but got %s; keep weights in float32, and"
                                    + " cast what is computed with Autograd.cast")
                            .formatted(method, what, type));
        }
    }
}
