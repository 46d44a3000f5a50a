/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import org.djlext.torch.NativeHooks;
import org.jspecify.annotations.Nullable;

/** What the engine's automatic differentiation can do and DJL's own API does not show. */
public final class Autograd {

    private Autograd() {}

    /** An open block of code, to be closed by try-with-resources. */
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Tells whether operations on this thread are recorded for a backward pass.
     *
     * <p>Grad mode belongs to the thread. A GradientCollector turns it on where it is created.
     * Without one it is off on the thread that started the engine and on in every other.
     *
     * @return whether grad mode is on
     */
    public static boolean isRecording() {
        return JniUtils.isGradMode();
    }

    /**
     * Turns recording off on this thread until the scope is closed.
     *
     * <pre>{@code
     * try (Autograd.Scope scope = Autograd.noGrad()) {
     *     weight.subi(gradient.mul(learningRate));
     * }
     * }</pre>
     *
     * @return the scope; closing it restores what was before
     */
    public static Scope noGrad() {
        return gradMode(false);
    }

    private static Scope gradMode(boolean enabled) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(enabled);
        return () -> JniUtils.setGradMode(before);
    }

    /**
     * Tells whether gradients flow to an array. ({@link NDArray#hasGradient()} answers only for
     * leaves.)
     *
     * @param array an array
     * @return whether it is a leaf that requires a gradient, or was computed from one
     */
    public static boolean requiresGrad(NDArray array) {
        return NativeHooks.requiresGrad(onPyTorch("requiresGrad", array));
    }

    /**
     * Makes the engine keep the gradient of an intermediate, for {@link #gradient} to return it
     * after backward. For a leaf it changes nothing.
     *
     * @param array an array that was computed from one with a gradient
     * @return the same array
     * @throws IllegalArgumentException if no gradient flows to it
     */
    public static NDArray retainGrad(NDArray array) {
        PtNDArray tensor = onPyTorch("retainGrad", array);
        if (!NativeHooks.requiresGrad(tensor)) {
            throw new IllegalArgumentException(
                    "retainGrad needs an array that a gradient flows to, but "
                            + describe(array)
                            + " was computed from none that requires one, or while none was recorded");
        }
        NativeHooks.retainGrad(tensor);
        return array;
    }

    /**
     * Returns the gradient that backward left on a leaf, or on an intermediate after {@link
     * #retainGrad}.
     *
     * @param array an array
     * @return dL/darray, a new array in the array's manager over the engine's storage
     * @throws IllegalStateException if there is none
     */
    public static NDArray gradient(NDArray array) {
        @Nullable PtNDArray gradient = JniUtils.getGradient(onPyTorch("gradient", array));
        if (gradient == null) {
            throw new IllegalStateException(
                    "there is no gradient on "
                            + describe(array)
                            + "; call setRequiresGradient on a leaf or Autograd.retainGrad on an"
                            + " intermediate before backward, and use the array in the loss");
        }
        return gradient;
    }

    private static String describe(NDArray array) {
        String name = array.getName();
        return (name == null ? "an array" : "\"" + name + "\"") + " of shape " + array.getShape();
    }

    private static PtNDArray onPyTorch(String method, NDArray array) {
        if (array instanceof PtNDArray tensor) {
            return tensor;
        }
        throw new IllegalArgumentException(
                method
                        + " takes an array of the PyTorch engine, but got "
                        + (array == null ? "null" : "a " + array.getClass().getSimpleName()));
    }
}
