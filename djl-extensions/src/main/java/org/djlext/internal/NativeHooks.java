/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
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

    /** What {@link #writes} returns where nobody counts. */
    public static final long UNCOUNTED = -1;

    private NativeHooks() {}

    /**
     * Loads the library, once. Where it cannot be loaded, every call throws an
     * UnsupportedOperationException, whose message names the platform and the remedy.
     */
    public static void ensureLoaded() {
        String problem = NativeLibrary.PROBLEM;
        if (problem != null) {
            throw new UnsupportedOperationException(problem);
        }
    }

    /** Loads the library, once, and returns whether it could be loaded. */
    public static boolean isLoaded() {
        return NativeLibrary.PROBLEM == null;
    }

    /**
     * {@return whether gradients flow to an array, be it a leaf or an intermediate; the array's own
     * {@code hasGradient} answers for leaves only} Works without the library.
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
     * {@return how often a tensor's storage has been written to in place; {@link #UNCOUNTED} for
     * one that a model has computed in inference mode, which cannot be written to any more}
     */
    public static native long writes(long handle);

    /**
     * {@return a handle of another tensor over the same storage, without a graph, which shares the
     * version counter; of a copy, if the storage is a buffer of Java's that nothing holds}
     */
    public static native long detached(long handle);

    /**
     * {@return another handle of a tensor, for as long as it has to be kept, or of a copy as {@link
     * #detached} makes one}
     */
    public static native long kept(long handle);

    /**
     * Connects a tensor that is not part of a graph to where a source of its shape and type is in
     * the graph at this moment.
     */
    public static native void connectTo(long handle, long source);

    /**
     * {@return a handle like that of {@link #detached}, but connected to the graph as a source,
     * mostly the tensor itself, is at this moment}
     */
    public static native long connected(long handle, long source);

    /**
     * {@return a handle like that of {@link #detached}, but as an output of the node whose backward
     * is running on this thread; 0 if none is}
     */
    public static native long asOutput(long handle, int output);

    /**
     * Puts a node into the graph, whatever the grad mode is. A tensor that others have too, or
     * whose storage they have, is replaced behind its array by another tensor with that storage; if
     * it is an input's or another output's, it refuses changes in place.
     *
     * @param node the Java side of the node
     * @param inputs all inputs, null for one that is left out
     * @param needsGradient which of them need a gradient, at least one
     * @param outputs the outputs, each an array that nobody else has, of a type that can have a
     *     gradient; they depend on those inputs from now on
     */
    public static void link(
            BackwardNode node,
            List<? extends @Nullable NDArray> inputs,
            boolean[] needsGradient,
            List<? extends NDArray> outputs) {
        ensureLoaded();
        long[] handles = new long[inputs.size() + outputs.size()];
        int count = 0;
        int needed = 0;
        for (boolean needing = true; ; needing = false) {
            for (int i = 0; i < needsGradient.length; i++) {
                if (inputs.get(i) instanceof PtNDArray input && needsGradient[i] == needing) {
                    handles[count++] = handle(input);
                }
            }
            if (!needing) {
                break;
            }
            needed = count;
        }
        int given = count;
        for (NDArray output : outputs) {
            handles[count++] = handle((PtNDArray) output);
        }
        link(node, Arrays.copyOf(handles, count), needed, given);
    }

    /**
     * Puts a node into the graph that arrays which need a gradient go through. Returns for each
     * another array of the same value, which depends on it.
     */
    public static NDList linked(BackwardNode node, NDList arrays, PtNDManager manager) {
        boolean[] all = new boolean[arrays.size()];
        Arrays.fill(all, true);
        NDList results = new NDList(all.length);
        for (NDArray array : arrays) {
            results.add(new PtNDArray(manager, detached(handle((PtNDArray) array))));
        }
        link(node, arrays, all, results);
        return results;
    }

    /**
     * {@return what {@link #hook} was given for the hooks on the gradient of an array, or for those
     * on a leaf whose gradient has been accumulated; null if there is none yet}
     */
    public static @Nullable BackwardNode hooksOf(PtNDArray array, boolean accumulated) {
        ensureLoaded();
        return hooksOf(handle(array), accumulated);
    }

    /**
     * Registers a hook on an array that requires a gradient and has no hook of that kind. It is
     * called with each gradient of the array; or, if accumulated, with another handle of the leaf
     * after each gradient has been added to what is stored. The result is for {@link
     * #setHooksActive}, until the hook is released.
     */
    public static long hook(BackwardNode node, PtNDArray array, boolean accumulated) {
        ensureLoaded();
        return hook(node, handle(array), accumulated);
    }

    /** Tells the engine whether a hook that has not been released is to be called. */
    public static native void setHooksActive(long hook, boolean active);

    /**
     * {@return how many nodes and hooks the engine holds at present, for tests that look for leaks}
     */
    public static int liveNodes() {
        ensureLoaded();
        return alive();
    }

    /** {@return the handles of arrays, 0 for null} */
    public static long[] handles(NDList arrays) {
        ensureLoaded();
        return arrays.stream()
                .mapToLong(array -> array == null ? 0 : handle((PtNDArray) array))
                .toArray();
    }

    /**
     * {@return whether there is a tensor behind an array: one of strings is one of the engine's by
     * class alone}
     */
    public static boolean isNumeric(PtNDArray array) {
        return array.getHandle() != -1;
    }

    /**
     * {@return what the engine knows an array by; one of strings, which it does not, is refused}
     */
    public static long handle(PtNDArray array) {
        if (!isNumeric(array)) {
            throw new IllegalArgumentException(
                    "the engine takes arrays of numbers, but got an array of strings of shape "
                            + array.getShape());
        }
        return array.getHandle();
    }

    static native void initialize();

    // Takes and returns what the copies of the library in the process share, 0 at first.
    static native long joinCopies(long shared);

    // The inputs that need a gradient, the others, the outputs.
    private static native void link(BackwardNode node, long[] handles, int needed, int inputs);

    private static native @Nullable BackwardNode hooksOf(long handle, boolean accumulated);

    private static native long hook(BackwardNode node, long handle, boolean accumulated);

    /**
     * Computes gradients without storing them on any array, {@code torch.autograd.grad}: handles of
     * them, 0 where there is none. The upstream gradient of an output may be 0, if it is a scalar.
     */
    public static native long[] grad(
            long[] outputs,
            long[] inputs,
            long[] gradOutputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused);

    /**
     * Computes gradients and adds them to those of the leaves, {@code torch.autograd.backward};
     * inputs are the leaves to store gradients on, null for all.
     */
    public static native void backward(
            long[] roots,
            long[] gradRoots,
            boolean retainGraph,
            boolean createGraph,
            long @Nullable [] inputs);

    /** Clears what is stored as the gradient of an array. */
    public static native void clearGradient(long handle);

    /** {@return a handle of the state of a GPU's random generator, or of the CPU's for -1} */
    public static native long randomState(int device);

    /** Puts back the state of a GPU's random generator, or of the CPU's for -1. */
    public static native void setRandomState(int device, long handle);

    /** Lets the engine check every gradient for NaN, in the whole process, or no longer. */
    public static native boolean setAnomalyMode(boolean enabled);

    private static native boolean requiresGrad(long handle);

    static native long copy(long handle);

    static native long cast(long handle, int type);

    static native long zeros(long like, long[] facts);

    // The engine's number of the type in the lowest 16 bits, of the device's type and of the device
    // in 8 bits each, and of the layout; then the sizes.
    static native long[] describe(long handle);

    static native int deviceOf(long handle);

    /**
     * {@return the number of the backward pass that is running on this thread, which no other pass
     * of the process has; -1 if none is running}
     */
    public static native int currentPass();

    /**
     * Has a node called, with no gradients, when the backward pass that is running on this thread
     * is complete, and released when the pass is over, be it that it has failed.
     */
    public static native void atEndOfPass(BackwardNode node);

    private static native int alive();

    static native String sourceSha256();
}
