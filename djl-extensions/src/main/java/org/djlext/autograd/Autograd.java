/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Function;
import org.djlext.internal.EngineArrays;
import org.djlext.internal.NativeHooks;
import org.jspecify.annotations.Nullable;

/** What the engine's automatic differentiation can do and DJL's own API does not show. */
public final class Autograd {

    static {
        // JniUtils has no native side before.
        Engine.getEngine("PyTorch");
        holdBuffers();
    }

    private Autograd() {}

    /** An open block of code, to be closed by try-with-resources. */
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Lets the engine hold the buffers of Java's that arrays lie in, if this is not so yet.
     *
     * <p>DJL makes the arrays of {@code create(float[])} and of numbers, such as the 3 of {@code
     * x.mul(3)}, over a buffer that the array object alone holds. If the object is collected while
     * the graph still points there, gradients are wrong or the JVM ends. From this call on, the
     * memory of every new array of the process holds its buffer. The first use of this class, of
     * GradCheck or of an {@link AutogradFunction} that is recorded makes it too; a program that
     * differentiates by DJL's own collector alone calls it at its start.
     *
     * @return whether it is so; false where the native library cannot be loaded
     */
    public static boolean holdBuffers() {
        return NativeHooks.isLoaded();
    }

    /**
     * {@return whether operations on this thread are recorded for a backward pass: grad mode}
     *
     * <p>Grad mode belongs to the thread. A GradientCollector turns it on where it is created.
     * Without one it is off on the thread that started the engine and on in every other.
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

    /**
     * Turns recording on on this thread until the scope is closed. A GradientCollector does so too,
     * but there can be only one in the process; with {@link #grad} none is needed.
     *
     * @return the scope; closing it restores what was before
     */
    public static Scope enableGrad() {
        return gradMode(true);
    }

    /** Gives a thread a value until the scope is closed. */
    static <T extends @Nullable Object> Scope set(ThreadLocal<T> local, T value) {
        T before = local.get();
        local.set(value);
        return () -> local.set(before);
    }

    private static Scope gradMode(boolean enabled) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(enabled);
        return () -> JniUtils.setGradMode(before);
    }

    /**
     * Lets the engine differentiate the operations of this library on this thread until the scope
     * is closed: an {@link AutogradFunction} that is applied makes no node of its own, and its
     * backward is not used. So one model is run in both ways, to compare them.
     *
     * <pre>{@code
     * try (Autograd.Scope scope = Autograd.engineGradients()) {
     *     EasyTrain.fit(trainer, 10, trainingSet, null);
     * }
     * }</pre>
     *
     * @return the scope; closing it restores what was before
     */
    public static Scope engineGradients() {
        return EngineGradients.on();
    }

    /**
     * {@return whether gradients flow to an array: to a leaf that requires one, or to what was
     * computed from one} ({@link NDArray#hasGradient()} answers only for leaves.)
     *
     * @param array an array
     */
    public static boolean requiresGrad(NDArray array) {
        return array instanceof Recorder.Recorded
                ? array.hasGradient()
                : NativeHooks.requiresGrad(Arguments.onPyTorch("requiresGrad", array));
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
        ForwardMode.endBy("retainGrad");
        PtNDArray tensor = Arguments.onPyTorch("retainGrad", array);
        if (!NativeHooks.requiresGrad(tensor)) {
            throw new IllegalArgumentException(
                    ("retainGrad needs an array that a gradient flows to, but %s was computed from"
                                    + " none that requires one, or while none was recorded")
                            .formatted(Arguments.describe(array)));
        }
        if (!tensor.hasGradient()) {
            GradientHooks.retain(tensor);
        }
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
        PtNDArray tensor = Arguments.onPyTorch("gradient", array);
        @Nullable PtNDArray retained = GradientHooks.retained(tensor);
        @Nullable PtNDArray gradient = retained == null ? JniUtils.getGradient(tensor) : retained;
        if (gradient == null) {
            throw new IllegalStateException(
                    ("there is no gradient on %s; call setRequiresGradient on a leaf or"
                                    + " Autograd.retainGrad on an intermediate before backward, and"
                                    + " use the array in the loss")
                            .formatted(Arguments.describe(array)));
        }
        return gradient;
    }

    /**
     * Clears what is stored as the gradient of an array, so that the next backward starts from
     * nothing. (DJL's {@code zeroGradients} subtracts, and leaves NaN.)
     *
     * @param array an array
     */
    public static void clearGradient(NDArray array) {
        PtNDArray tensor = Arguments.onPyTorch("clearGradient", array);
        NativeHooks.ensureLoaded();
        NativeHooks.clearGradient(tensor.getHandle());
        GradientHooks.clear(tensor);
    }

    /**
     * Computes gradients of scalars without storing them anywhere; the graph is freed.
     *
     * @param outputs scalars
     * @param inputs arrays that each of them, or at least one, was computed from
     * @return the gradient of the sum of the outputs for each input
     * @see #grad(NDList, NDList, NDList, boolean, boolean, boolean)
     */
    public static NDList grad(NDList outputs, NDList inputs) {
        return grad(outputs, inputs, Arguments.ones(outputs), false, false, false);
    }

    /**
     * Computes vector-Jacobian products: for each input the sum over the outputs of gradOutput^T d
     * output / d input. Unlike {@code GradientCollector.backward} it stores nothing on the leaves,
     * needs no collector, and takes intermediates as inputs.
     *
     * @param outputs the arrays to differentiate
     * @param inputs the arrays to differentiate by, leaves or intermediates
     * @param gradOutputs an upstream gradient for each output, of its shape and type; null for 1,
     *     if the output is a scalar
     * @param retainGraph true to keep the graph for another pass
     * @param createGraph true to record the computation of the gradients, so that they can be
     *     differentiated in turn; keeps the graph too
     * @param allowUnused true to accept inputs that no output depends on; their gradient is null
     * @return a gradient for each input, of its shape, in the manager of the first output
     */
    public static NDList grad(
            NDList outputs,
            NDList inputs,
            NDList gradOutputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused) {
        ForwardMode.endBy("grad");
        Arguments.checkUpstream("grad", "output", outputs, gradOutputs);
        Recorder recorder = Recorder.of(outputs);
        if (recorder != null) {
            return recorder.grad(outputs, inputs, gradOutputs, createGraph, allowUnused);
        }
        Arguments.checkInputs("grad", inputs);
        long[] handles =
                NativeHooks.grad(
                        NativeHooks.handles(outputs),
                        NativeHooks.handles(inputs),
                        NativeHooks.handles(gradOutputs),
                        retainGraph || createGraph,
                        createGraph,
                        allowUnused);
        PtNDManager manager = (PtNDManager) outputs.get(0).getManager();
        NDList gradients = new NDList(handles.length);
        for (long handle : handles) {
            gradients.add(handle == 0 ? null : new PtNDArray(manager, handle));
        }
        return gradients;
    }

    /**
     * Computes the gradients of scalars and adds them to what is stored on the leaves that they
     * were computed from; the graph is freed. Unlike {@code GradientCollector.backward}, of which
     * there can be one in the process, it works anywhere and in several threads.
     *
     * <pre>{@code
     * try (Autograd.Scope scope = Autograd.enableGrad()) {
     *     Autograd.backward(loss(model, x));
     * }
     * NDArray dw = Autograd.gradient(w);
     * }</pre>
     *
     * @param roots scalars
     * @see #backward(NDList, NDList, boolean, boolean, NDList)
     */
    public static void backward(NDArray... roots) {
        NDList all = new NDList(roots);
        backward(all, Arguments.ones(all), false, false, null);
    }

    /**
     * Computes vector-Jacobian products and adds them to what is stored on the leaves.
     *
     * @param roots the arrays to differentiate
     * @param gradRoots an upstream gradient for each, of its shape and type; null for 1, if it is a
     *     scalar
     * @param retainGraph true to keep the graph for another pass
     * @param createGraph true to record the computation of the gradients, so that they can be
     *     differentiated in turn; keeps the graph too. The stored gradient and the leaf then refer
     *     to each other, and are freed when the gradient is cleared
     * @param inputs the leaves to store gradients on; null for all
     */
    public static void backward(
            NDList roots,
            NDList gradRoots,
            boolean retainGraph,
            boolean createGraph,
            @Nullable NDList inputs) {
        ForwardMode.endBy("backward");
        Arguments.checkUpstream("backward", "root", roots, gradRoots);
        if (inputs != null) {
            Arguments.checkInputs("backward", inputs);
        }
        NativeHooks.backward(
                NativeHooks.handles(roots),
                NativeHooks.handles(gradRoots),
                retainGraph || createGraph,
                createGraph,
                inputs == null ? null : NativeHooks.handles(inputs));
    }

    /**
     * Calls a function with the gradient of an array in each backward pass, once it is complete.
     * What the function returns takes its place, on the way to where the array came from or, on a
     * leaf, in what is stored.
     *
     * @param array an array that a gradient flows to
     * @param hook gets the gradient, which is closed afterwards; returns another one of the same
     *     shape, type and device, or null to leave it
     * @return close it to take the hook away; otherwise it stays as long as the array's graph
     */
    public static Scope onGradient(NDArray array, Function<NDArray, @Nullable NDArray> hook) {
        ForwardMode.endBy("onGradient");
        PtNDArray tensor = Arguments.onPyTorch("onGradient", array);
        if (!NativeHooks.requiresGrad(tensor)) {
            throw new IllegalArgumentException(
                    "onGradient needs an array that a gradient flows to, but none flows to "
                            + Arguments.describe(array));
        }
        return GradientHooks.of(tensor).add(Arguments.describe(array), hook);
    }

    /**
     * {@return a copy of an array, in its manager} Unlike {@link NDArray#duplicate}, which cuts the
     * graph, this is recorded: the gradient of the copy flows to the array.
     *
     * @param array an array
     */
    public static NDArray copy(NDArray array) {
        return EngineArrays.copy(Arguments.onPyTorch("copy", array));
    }

    /**
     * Converts an array to another type. Unlike {@link NDArray#toType}, which cuts the graph, this
     * is recorded: the gradient is converted back.
     *
     * @param array an array
     * @param type the type
     * @return a new array of that type, in the array's manager, also if the type is the array's own
     * @throws IllegalArgumentException if the engine has no such type
     */
    public static NDArray cast(NDArray array, DataType type) {
        return EngineArrays.cast(Arguments.onPyTorch("cast", array), type);
    }

    /**
     * Stops backward at the first gradient that is NaN, with an exception that names the operation
     * that made it: a custom function with its input, or one of the engine's. It costs a look at
     * every gradient, and is for the whole process until the scope is closed.
     *
     * @return the scope; closing it restores what was before
     */
    public static Scope detectAnomaly() {
        return AnomalyMode.on();
    }
}
