/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the engine's Java API leaves out, from the native library of the extensions.
 *
 * <p>The jar has the library for linux-x86_64, linux-aarch64, osx-aarch64 and win-x86_64. The
 * system property {@value #LIBRARY_PROPERTY} names another file to load.
 */
public final class NativeHooks {

    /** The system property that names a library to load in place of the one in the jar. */
    public static final String LIBRARY_PROPERTY = "org.djlext.native";

    // The part of a description that is the type.
    private static final int TYPE = 0xff;

    private NativeHooks() {}

    /**
     * Loads the library, once.
     *
     * @throws UnsupportedOperationException if it cannot be loaded; the message names the platform
     *     and the remedy, and every later call throws it again
     */
    public static void ensureLoaded() {
        String problem = NativeLibrary.PROBLEM;
        if (problem != null) {
            throw new UnsupportedOperationException(problem);
        }
    }

    /**
     * Loads the library, once, if it can be loaded.
     *
     * @return whether it is
     */
    public static boolean isLoaded() {
        return NativeLibrary.PROBLEM == null;
    }

    /**
     * Tells whether gradients flow to an array, be it a leaf or an intermediate. (The array's own
     * {@code hasGradient} answers for leaves only.) Works without the library.
     *
     * @param array an array of the PyTorch engine
     * @return whether it is part of a graph
     */
    public static boolean requiresGrad(PtNDArray array) {
        long handle = handle(array);
        if (isLoaded()) {
            return requiresGrad(handle);
        }
        if (JniUtils.requiresGrad(array)) {
            return true;
        }
        try {
            // On a leaf without a gradient this changes nothing. On an intermediate it is refused.
            JniUtils.attachGradient(array, false);
            return false;
        } catch (EngineException e) {
            return true;
        }
    }

    /**
     * Returns the number of the backward pass that is running on this thread.
     *
     * @return the number, which no other pass of the process has; -1 if none is running
     */
    public static native int currentPass();

    /**
     * Returns how often a tensor's storage has been written to in place.
     *
     * @param handle the handle of a tensor
     * @return the engine's version counter
     */
    public static native long version(long handle);

    /**
     * Returns another tensor over the same storage, without a graph. It shares the version counter.
     * It is a copy if the storage is a buffer of Java's that nothing holds.
     *
     * @param handle the handle of a tensor
     * @return a handle that the caller owns
     */
    public static native long detached(long handle);

    /**
     * Returns another tensor over the same storage, like {@link #detached}, but connected to the
     * graph as a source, mostly the tensor itself, is at this moment.
     *
     * @param handle the handle of a tensor
     * @param source the handle of a tensor of the same shape and type
     * @return a handle that the caller owns
     */
    public static native long connected(long handle, long source);

    /**
     * Returns another tensor over the same storage, like {@link #detached}, but as an output of the
     * node whose backward is running on this thread.
     *
     * @param handle the handle of a tensor
     * @param output the number of the output; the number of outputs for what has no derivative
     * @return a handle that the caller owns; 0 if no backward is running
     */
    public static native long asOutput(long handle, int output);

    /**
     * Returns a copy. Unlike {@code NDArray.duplicate}, this is recorded while gradients are.
     *
     * @param array an array of the PyTorch engine
     * @return the copy, in the array's manager
     */
    public static PtNDArray copy(PtNDArray array) {
        ensureLoaded();
        return new PtNDArray(array.getManager(), copy(handle(array)));
    }

    /**
     * Returns a copy in another type. Unlike {@code NDArray.toType}, this is recorded while
     * gradients are.
     *
     * @param array an array of the PyTorch engine
     * @param type the type
     * @return the copy, in the array's manager
     */
    public static PtNDArray cast(PtNDArray array, DataType type) {
        ensureLoaded();
        int scalarType = scalarType(type);
        if (scalarType < 0) {
            throw new IllegalArgumentException("the PyTorch engine has no arrays of type " + type);
        }
        return new PtNDArray(array.getManager(), cast(handle(array), scalarType));
    }

    /**
     * Returns a copy in the type of another array, recorded like {@link #cast}.
     *
     * @param array an array of the PyTorch engine
     * @param like an array of that type
     * @return the copy, in the array's manager
     */
    public static PtNDArray castLike(PtNDArray array, PtNDArray like) {
        return new PtNDArray(array.getManager(), cast(handle(array), describe(like) & TYPE));
    }

    /**
     * Returns zeros on the device of another array.
     *
     * @param like an array on that device
     * @param shape the shape
     * @param description of whose type they are, from {@link #describe}
     * @return the zeros, in the manager of the other array
     */
    public static PtNDArray zeros(PtNDArray like, Shape shape, int description) {
        long handle = zeros(handle(like), shape.getShape(), description & TYPE);
        return new PtNDArray(like.getManager(), handle);
    }

    /**
     * Describes a tensor in one call.
     *
     * @param array an array of the PyTorch engine
     * @return its type in the lowest 8 bits, its layout in the next, and whether it requires a
     *     gradient in the next; see {@link #isDense}, {@link #isDifferentiable}, {@link
     *     #requiresGrad(int)}
     */
    public static int describe(PtNDArray array) {
        ensureLoaded();
        return describe(handle(array));
    }

    /**
     * Tells whether a described tensor is dense.
     *
     * @param description from {@link #describe}
     * @return whether its layout is dense
     */
    public static boolean isDense(int description) {
        return (description >> 8 & 0xff) == 0;
    }

    /**
     * Tells whether a described tensor requires a gradient.
     *
     * @param description from {@link #describe}
     * @return whether it does
     */
    public static boolean requiresGrad(int description) {
        return (description >> 16 & 1) != 0;
    }

    /**
     * Tells whether a described tensor is of a type that can have a gradient: floating or complex.
     *
     * @param description from {@link #describe}
     * @return whether it is
     */
    public static boolean isDifferentiable(int description) {
        int type = description & TYPE;
        // Half, float, double; three complex types; bfloat16.
        return (type >= 5 && type <= 10) || type == 15;
    }

    /**
     * Tells whether two described tensors are of one type.
     *
     * @param a from {@link #describe}
     * @param b from {@link #describe}
     * @return whether they are; DJL's own types do not tell bfloat16 from others that it lacks
     */
    public static boolean sameType(int a, int b) {
        return (a & TYPE) == (b & TYPE);
    }

    /**
     * Puts a node into the graph. Grad mode must be on.
     *
     * @param node the Java side of the node
     * @param name the name of the node in the engine's messages
     * @param inputs all inputs
     * @param needsGradient which of them need a gradient, at least one
     * @param outputs the outputs that depend on them, of a type that can have a gradient
     * @param manager the manager of the results
     * @return for each output a new array of the same value that depends on those inputs; one that
     *     shares its storage with an input or another output refuses changes in place
     */
    public static PtNDArray[] link(
            BackwardNode node,
            String name,
            List<PtNDArray> inputs,
            boolean[] needsGradient,
            List<PtNDArray> outputs,
            PtNDManager manager) {
        ensureLoaded();
        long[] handles = link(node, name, handles(inputs), needsGradient, handles(outputs));
        PtNDArray[] results = new PtNDArray[handles.length];
        for (int k = 0; k < handles.length; k++) {
            results[k] = new PtNDArray(manager, handles[k]);
        }
        return results;
    }

    /**
     * Gives the engine a gradient, from inside {@link BackwardNode#backward}. The array stays the
     * caller's.
     *
     * @param pass the pass
     * @param input the number of the input among those that need a gradient
     * @param gradient dL/dinput
     */
    public static void answer(long pass, int input, PtNDArray gradient) {
        answer(pass, input, handle(gradient));
    }

    /**
     * Returns the Java side of the hooks of an array.
     *
     * @param array an array of the PyTorch engine
     * @param accumulated which hooks: false for those on its gradient, true for those on a leaf
     *     whose gradient has been stored
     * @return what {@link #hook} was given for it; null if there is none yet
     */
    public static @Nullable BackwardNode hooksOf(PtNDArray array, boolean accumulated) {
        ensureLoaded();
        return hooksOf(handle(array), accumulated);
    }

    /**
     * Registers a hook on an array that has none of that kind.
     *
     * @param node the Java side of the hook
     * @param array an array of the PyTorch engine that requires a gradient, a leaf if accumulated
     * @param accumulated false to be called with each gradient of the array; true to be called with
     *     another handle of the leaf, after each gradient has been added to what is stored
     * @return the hook, for {@link #setHooksActive} until it is released
     */
    public static long hook(BackwardNode node, PtNDArray array, boolean accumulated) {
        ensureLoaded();
        return hook(node, handle(array), accumulated);
    }

    /**
     * Has a node called, with no gradients, when the backward pass that is running on this thread
     * is complete, and released when the pass is over, be it that it has failed.
     *
     * @param node the Java side
     */
    public static native void atEndOfPass(BackwardNode node);

    /**
     * Tells the engine whether a hook is to be called.
     *
     * @param hook a hook that has not been released
     * @param active whether it is
     */
    public static native void setHooksActive(long hook, boolean active);

    /**
     * Computes gradients without storing them on any array: {@code torch.autograd.grad}.
     *
     * @param outputs the arrays to differentiate
     * @param inputs the arrays to differentiate by
     * @param gradOutputs the upstream gradient of each output; null for one, if that is a scalar
     * @param retainGraph whether the graph stays for another pass
     * @param createGraph whether the result is part of a graph itself
     * @param allowUnused whether the outputs need not depend on all inputs
     * @return handles of the gradients, 0 where there is none
     */
    public static long[] grad(
            List<PtNDArray> outputs,
            List<PtNDArray> inputs,
            List<@Nullable PtNDArray> gradOutputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused) {
        ensureLoaded();
        return grad(
                handles(outputs),
                handles(inputs),
                handles(gradOutputs),
                retainGraph,
                createGraph,
                allowUnused);
    }

    /**
     * Computes gradients and adds them to those of the leaves: {@code torch.autograd.backward}.
     *
     * @param roots the arrays to differentiate
     * @param gradRoots the upstream gradient of each; null for one, if that is a scalar
     * @param retainGraph whether the graph stays for another pass
     * @param createGraph whether the gradients are part of a graph themselves
     * @param inputs the leaves to store gradients on; null for all
     */
    public static void backward(
            List<PtNDArray> roots,
            List<@Nullable PtNDArray> gradRoots,
            boolean retainGraph,
            boolean createGraph,
            @Nullable List<PtNDArray> inputs) {
        ensureLoaded();
        backward(
                handles(roots),
                handles(gradRoots),
                retainGraph,
                createGraph,
                inputs == null ? null : handles(inputs));
    }

    /**
     * Clears what is stored as the gradient of an array.
     *
     * @param array an array of the PyTorch engine
     */
    public static void clearGradient(PtNDArray array) {
        ensureLoaded();
        clearGradient(handle(array));
    }

    /**
     * Lets the engine check every gradient for NaN, in the whole process.
     *
     * @param enabled whether it does
     * @return whether it did before
     */
    public static boolean detectAnomaly(boolean enabled) {
        ensureLoaded();
        return setAnomalyMode(enabled);
    }

    /**
     * Returns how many nodes and hooks the engine holds at present, for tests that look for leaks.
     *
     * @return the number of those that are not released
     */
    public static int liveNodes() {
        ensureLoaded();
        return alive();
    }

    private static long[] handles(List<? extends @Nullable PtNDArray> arrays) {
        long[] handles = new long[arrays.size()];
        for (int i = 0; i < handles.length; i++) {
            PtNDArray array = arrays.get(i);
            handles[i] = array == null ? 0 : handle(array);
        }
        return handles;
    }

    // A string array is one of the engine's by class, but there is no tensor behind it.
    private static long handle(PtNDArray array) {
        long handle = array.getHandle();
        if (handle == -1) {
            throw new IllegalArgumentException(
                    "gradients need arrays of numbers, but got an array of strings of shape "
                            + array.getShape());
        }
        return handle;
    }

    // The number of c10::ScalarType; -1 if there is none.
    private static int scalarType(DataType type) {
        return switch (type) {
            case UINT8 -> 0;
            case INT8 -> 1;
            case INT16 -> 2;
            case INT32 -> 3;
            case INT64 -> 4;
            case FLOAT16 -> 5;
            case FLOAT32 -> 6;
            case FLOAT64 -> 7;
            case COMPLEX64 -> 9;
            case BOOLEAN -> 11;
            case BFLOAT16 -> 15;
            default -> -1;
        };
    }

    static native void initialize();

    // Takes and returns what the copies of the library in the process share, 0 at first.
    static native long joinCopies(long shared);

    private static native long[] link(
            BackwardNode node, String name, long[] inputs, boolean[] needsGradient, long[] outputs);

    private static native void answer(long pass, int input, long gradient);

    private static native @Nullable BackwardNode hooksOf(long handle, boolean accumulated);

    private static native long hook(BackwardNode node, long handle, boolean accumulated);

    private static native long[] grad(
            long[] outputs,
            long[] inputs,
            long[] gradOutputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused);

    private static native void backward(
            long[] roots,
            long[] gradRoots,
            boolean retainGraph,
            boolean createGraph,
            long @Nullable [] inputs);

    private static native void clearGradient(long handle);

    // -1 is the CPU.
    static native long randomState(int device);

    static native void setRandomState(int device, long handle);

    private static native boolean setAnomalyMode(boolean enabled);

    private static native boolean requiresGrad(long handle);

    private static native long copy(long handle);

    private static native long cast(long handle, int type);

    private static native long zeros(long like, long[] shape, int type);

    private static native int describe(long handle);

    private static native int alive();

    static native String sourceSha256();
}
