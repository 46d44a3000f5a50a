/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the engine's Java API leaves out, from the native library of the extensions.
 *
 * <p>The library is a resource of the jar for linux-x86_64. On another Linux platform, build it
 * from the source and name it with the system property {@value #LIBRARY_PROPERTY}.
 */
public final class NativeHooks {

    /** The system property that names a library to load in place of the one in the jar. */
    public static final String LIBRARY_PROPERTY = "org.djlext.native";

    // From so many elements on, to write zeros costs more than to add up the input.
    private static final long LARGE = 1 << 15;

    private static final Logger logger = LoggerFactory.getLogger(NativeHooks.class);
    private static final Map<Long, GradientNode> NODES = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT_ID = new AtomicLong(1);
    private static final Map<Device, PtNDArray> NO_INDICES = new ConcurrentHashMap<>();

    // Nodes whose release is due on this thread. Closing what a node has saved may free another
    // part of the graph and so release more nodes, from inside the first release; a queue
    // instead of nested calls keeps the stack flat however long the chain is.
    private static final ThreadLocal<@Nullable Deque<GradientNode>> RELEASES = new ThreadLocal<>();

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
     * Tells whether gradients flow to an array, be it a leaf or an intermediate. (The array's own
     * {@code hasGradient} answers for leaves only.) Works without the library.
     *
     * @param array an array of the PyTorch engine
     * @return whether it is part of a graph
     */
    public static boolean requiresGrad(PtNDArray array) {
        long handle = handle(array);
        if (NativeLibrary.PROBLEM == null) {
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
     * Makes the engine keep the gradient of an intermediate.
     *
     * @param array an array of the PyTorch engine that requires a gradient
     */
    public static void retainGrad(PtNDArray array) {
        ensureLoaded();
        retainGrad(handle(array));
    }

    /**
     * Returns how often the storage of an array has been written to in place.
     *
     * @param array an array of the PyTorch engine
     * @return the engine's version counter
     */
    public static long version(PtNDArray array) {
        ensureLoaded();
        return version(handle(array));
    }

    /**
     * Returns another array over the same storage. With grad mode on it is part of the graph.
     *
     * @param array an array of the PyTorch engine
     * @param manager the manager that owns the result
     * @return the alias
     */
    public static PtNDArray alias(PtNDArray array, PtNDManager manager) {
        ensureLoaded();
        return new PtNDArray(manager, alias(handle(array)));
    }

    /**
     * Returns another array over the same storage, connected to the graph as the array is at this
     * moment, which shares its version counter. Grad mode must be on.
     *
     * @param array an array of the PyTorch engine
     * @param manager the manager that owns the result
     * @return the snapshot
     */
    public static PtNDArray snapshot(PtNDArray array, PtNDManager manager) {
        ensureLoaded();
        return new PtNDArray(manager, snapshot(handle(array), array.getShape().getShape()));
    }

    /**
     * Returns a handle, which belongs to no manager, of a gradient to be given to the engine. It is
     * a copy unless nothing else can have the same storage.
     *
     * @param array an array of the PyTorch engine
     * @param closedSoon whether the caller closes the array before the engine goes on
     * @return the handle
     */
    public static long newGradient(PtNDArray array, boolean closedSoon) {
        ensureLoaded();
        return gradient(handle(array), closedSoon);
    }

    /**
     * Puts a node into the graph. Grad mode must be on.
     *
     * @param node the Java side of the node
     * @param inputs the inputs that need a gradient, at least one
     * @param outputs the outputs that depend on them, of floating type
     * @param manager the manager of the result
     * @return for each output a new array of the same value that depends on every input
     */
    public static List<PtNDArray> link(
            GradientNode node,
            List<PtNDArray> inputs,
            List<PtNDArray> outputs,
            PtNDManager manager) {
        ensureLoaded();
        PtNDArray first = inputs.get(0);
        boolean[] unlike = new boolean[inputs.size() + outputs.size()];
        boolean[] large = new boolean[inputs.size()];
        for (int i = 0; i < large.length; i++) {
            unlike[i] = isUnlike(inputs.get(i), first);
            large[i] = inputs.get(i).size() >= LARGE;
        }
        long[] noIndices = new long[outputs.size()];
        for (int k = 0; k < noIndices.length; k++) {
            unlike[large.length + k] = isUnlike(outputs.get(k), first);
            noIndices[k] = noIndices(outputs.get(k).getDevice());
        }
        long id = NEXT_ID.getAndIncrement();
        NODES.put(id, node);
        long[] handles;
        try {
            handles = link(id, handles(inputs), handles(outputs), noIndices, unlike, large);
        } catch (RuntimeException e) {
            NODES.remove(id);
            throw e;
        }
        PtNDArray[] results = new PtNDArray[handles.length];
        for (int k = 0; k < handles.length; k++) {
            results[k] = new PtNDArray(manager, handles[k]);
        }
        return List.of(results);
    }

    /**
     * Registers a hook on the gradient of one array. It is asked with index 0 and the gradient, and
     * answers like a node.
     *
     * @param node the Java side of the hook
     * @param array an array of the PyTorch engine that requires a gradient
     */
    public static void hook(GradientNode node, PtNDArray array) {
        ensureLoaded();
        long id = NEXT_ID.getAndIncrement();
        NODES.put(id, node);
        try {
            hook(id, handle(array));
        } catch (RuntimeException e) {
            NODES.remove(id);
            throw e;
        }
    }

    /**
     * Computes gradients without storing them on any array: {@code torch.autograd.grad}.
     *
     * @param outputs the arrays to differentiate
     * @param inputs the arrays to differentiate by
     * @param gradOutputs the upstream gradient of each output
     * @param retainGraph whether the graph stays for another pass
     * @param createGraph whether the result is part of a graph itself
     * @param allowUnused whether the outputs need not depend on all inputs
     * @return handles of the gradients, 0 where there is none
     */
    public static long[] grad(
            List<PtNDArray> outputs,
            List<PtNDArray> inputs,
            List<PtNDArray> gradOutputs,
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
     * Returns how many nodes the engine holds at present, for tests that look for leaks.
     *
     * @return the number of nodes that are linked and not released
     */
    public static int liveNodes() {
        return NODES.size();
    }

    private static boolean isUnlike(PtNDArray array, PtNDArray first) {
        return array.getDataType() != first.getDataType()
                || !array.getDevice().equals(first.getDevice());
    }

    private static long[] handles(List<PtNDArray> arrays) {
        long[] handles = new long[arrays.size()];
        for (int i = 0; i < handles.length; i++) {
            handles[i] = handle(arrays.get(i));
        }
        return handles;
    }

    // A string array is one of the engine's by class, but there is no tensor behind it.
    private static long handle(PtNDArray array) {
        if (array.getDataType() == DataType.STRING) {
            throw new IllegalArgumentException(
                    "gradients need arrays of numbers, but got an array of strings of shape "
                            + array.getShape());
        }
        return array.getHandle();
    }

    private static long noIndices(Device device) {
        // Held for good, one empty array a device, by the engine's system manager.
        return NO_INDICES
                .computeIfAbsent(
                        device,
                        d -> {
                            NDManager manager = NDManager.newBaseManager(d, "PyTorch");
                            NDArray empty = manager.create(new Shape(0), DataType.INT64);
                            NDScope.unregister(empty);
                            return (PtNDArray) empty;
                        })
                .getHandle();
    }

    // Called by the native library. What is thrown here becomes the engine's exception by its
    // message.
    private static long onGradient(long id, int index, long gradient, int pass, boolean keepGraph) {
        GradientNode node = NODES.get(id);
        if (node == null) {
            throw new IllegalStateException(
                    "gradient for node " + id + ", which has been released");
        }
        return node.onGradient(index, gradient, pass, keepGraph);
    }

    // Called by the native library.
    private static void onRelease(long id) {
        GradientNode node = NODES.remove(id);
        if (node == null) {
            return;
        }
        Deque<GradientNode> due = RELEASES.get();
        if (due != null) {
            due.add(node);
            return;
        }
        due = new ArrayDeque<>();
        RELEASES.set(due);
        try {
            for (GradientNode next = node; next != null; next = due.poll()) {
                try {
                    next.onRelease();
                } catch (RuntimeException e) {
                    // The next one has to be released all the same.
                    logger.warn("a node of the graph could not be released", e);
                }
            }
        } finally {
            RELEASES.remove();
        }
    }

    static native void initialize();

    private static native long[] link(
            long id,
            long[] inputs,
            long[] outputs,
            long[] noIndices,
            boolean[] unlikeFirst,
            boolean[] largeInputs);

    private static native void hook(long id, long handle);

    private static native long[] grad(
            long[] outputs,
            long[] inputs,
            long[] gradOutputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused);

    // -1 is the CPU.
    static native long randomState(int device);

    static native void setRandomState(int device, long handle);

    private static native boolean setAnomalyMode(boolean enabled);

    private static native boolean requiresGrad(long handle);

    private static native void retainGrad(long handle);

    private static native long version(long handle);

    static native void probe(long plainHandle);

    private static native long alias(long handle);

    private static native long gradient(long handle, boolean closedSoon);

    private static native long snapshot(long handle, long[] sizes);

    static native String sourceSha256();
}
