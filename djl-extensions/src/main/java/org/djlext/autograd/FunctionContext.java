/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one call of an {@link AutogradFunction} hands from forward to backward.
 *
 * <p>Arrays given to {@link #saveForBackward} live until the graph is freed: after the backward
 * pass, unless the graph is kept, or when the last array that refers to the graph is closed. They
 * do not depend on the manager that they came from, and need not be closed.
 */
public final class FunctionContext {

    private final String name;
    private final boolean[] needsGrad;
    private final boolean recording;
    private final SavedTensors saved;
    private final Map<String, Object> attributes;
    private final List<NDArray> nonDifferentiable = new ArrayList<>(0);
    // The manager of the backward pass that this is for; null in forward.
    private final @Nullable PtNDManager passManager;
    private final Thread thread = Thread.currentThread();
    private boolean createsGraph; // or a recorder differentiates backward in turn
    private boolean materializeGrads = true;
    // What a call on the arrays of a recorder has saved, whose memory is the recorder's affair.
    private @Nullable NDList recorded;
    private @Nullable NDList opened; // what saved() has asked for in this pass

    FunctionContext(String name, boolean[] needsGrad) {
        this.name = name;
        this.needsGrad = needsGrad;
        boolean any = false;
        for (boolean needs : needsGrad) {
            any |= needs;
        }
        recording = any;
        saved = new SavedTensors();
        attributes = Collections.synchronizedMap(new HashMap<>(0));
        passManager = null;
        createsGraph = false;
    }

    private FunctionContext(FunctionContext forward, PtNDManager passManager) {
        name = forward.name;
        needsGrad = forward.needsGrad;
        recording = false;
        saved = forward.saved;
        attributes = forward.attributes;
        materializeGrads = forward.materializeGrads;
        this.passManager = passManager;
        createsGraph = JniUtils.isGradMode();
    }

    /** What backward gets: of several passes at a time, each has its own. */
    FunctionContext forPass(PtNDManager manager) {
        return new FunctionContext(this, manager);
    }

    /** Returns the context of a call on the arrays of a {@link Recorder}. */
    static FunctionContext recorded(String name, boolean[] needsGrad) {
        FunctionContext ctx = new FunctionContext(name, needsGrad);
        ctx.recorded = new NDList();
        return ctx;
    }

    /**
     * Saves arrays for backward: inputs, outputs or intermediates. Call it once, from forward; a
     * further call replaces what the first has saved.
     *
     * @param arrays what {@link #savedTensors()} is to return; storage is shared, not copied; null
     *     for what was left out
     */
    public void saveForBackward(@Nullable NDArray... arrays) {
        if (recorded != null) {
            recorded.clear();
            for (NDArray array : arrays) {
                recorded.add(array == null ? null : array.stopGradient());
            }
            return;
        }
        List<@Nullable PtNDArray> tensors = new ArrayList<>(arrays.length);
        for (NDArray array : arrays) {
            PtNDArray tensor = Arguments.tensor(array);
            boolean fits = tensor != null || array == null;
            tensors.add(fits ? tensor : Arguments.onPyTorch(name + ".saveForBackward", array));
        }
        if (recording) {
            saved.save(name, tensors);
            FunctionProfile profile = FunctionProfile.active();
            if (profile != null) {
                profile.saved(name, bytes(tensors));
            }
        }
    }

    private static long bytes(List<@Nullable PtNDArray> arrays) {
        long bytes = 0;
        for (PtNDArray array : arrays) {
            bytes += array == null ? 0 : array.size() * array.getDataType().getNumOfBytes();
        }
        return bytes;
    }

    /**
     * Returns the arrays that forward saved, in order. For backward; they are closed after it.
     *
     * <p>While backward is recorded (createGraph), an input is connected to where it came from and
     * an output to this operation, so that second derivatives go through both. A second derivative
     * that goes through a saved intermediate is refused when it gets there.
     *
     * @return the arrays
     * @throws IllegalStateException if they were freed by an earlier backward pass, if one was
     *     written to in place since it was saved, or if this is another thread than that of the
     *     pass and backward is recorded
     */
    public NDList savedTensors() {
        if (recorded != null) {
            return new NDList(recorded);
        }
        if (passManager == null) {
            throw new IllegalStateException(
                    name + ": savedTensors is for backward, not for forward");
        }
        // Grad mode and the running node are those of a thread.
        boolean isOwn = Thread.currentThread() == thread;
        if (createsGraph && !isOwn) {
            throw new IllegalStateException(
                    name
                            + ": savedTensors in a pass with createGraph is for the thread that runs"
                            + " backward; get them there and hand them over");
        }
        return saved.open(name, passManager, isOwn && JniUtils.isGradMode());
    }

    /**
     * Returns one of the arrays that forward saved.
     *
     * @param index its place among those given to {@link #saveForBackward}
     * @return the array; null if it was saved as null
     * @throws IllegalStateException as {@link #savedTensors} does
     */
    public NDArray saved(int index) {
        NDList all = opened;
        if (all == null) {
            all = savedTensors();
            opened = all;
        }
        return all.get(index);
    }

    /**
     * Tells whether backward is recorded in its turn, because second derivatives are wanted.
     *
     * <p>They go through saved inputs and outputs, but not through saved intermediates: a backward
     * that uses one, to save time, computes it again here, from what can be differentiated through.
     *
     * <pre>{@code
     * NDArray x = ctx.saved(0);
     * NDArray mean = ctx.createsGraph() ? x.mean() : ctx.saved(1);
     * }</pre>
     *
     * @return true in the backward of a pass with createGraph
     */
    public boolean createsGraph() {
        return createsGraph;
    }

    void setCreatesGraph(boolean createsGraph) {
        this.createsGraph = createsGraph;
    }

    /** Puts other arrays in the place of what a call on the arrays of a recorder has saved. */
    void connectSaved(UnaryOperator<NDArray> connection) {
        if (recorded != null) {
            recorded.replaceAll(array -> array == null ? null : connection.apply(array));
        }
    }

    /**
     * Tells whether the gradient of an input is wanted, so that backward can leave out the work for
     * others. All false when gradients are not recorded.
     *
     * @param input the index of the input
     * @return whether backward has to return a gradient for it
     */
    public boolean needsInputGrad(int input) {
        if (input < 0 || input >= needsGrad.length) {
            throw new IllegalArgumentException(
                    "%s has inputs 0 to %s, but was asked for %s"
                            .formatted(name, needsGrad.length - 1, input));
        }
        return needsGrad[input];
    }

    /**
     * Declares outputs that have no gradient although their type is floating, such as statistics.
     * Backward gets null for them. Outputs of integer or boolean type need no declaration.
     *
     * @param outputs arrays that forward is about to return
     */
    public void markNonDifferentiable(NDArray... outputs) {
        nonDifferentiable.addAll(List.of(outputs));
    }

    /**
     * Sets what backward gets for an output that the loss does not depend on.
     *
     * @param materialize true, the default, for zeros; false for null
     */
    public void setMaterializeGrads(boolean materialize) {
        materializeGrads = materialize;
    }

    /**
     * Keeps a value that is no array, such as a shape or an option.
     *
     * @param key the name of the value
     * @param value the value
     * @throws IllegalArgumentException if it is an array, which would be closed before backward
     */
    public void setAttribute(String key, Object value) {
        if (value instanceof NDArray || value instanceof NDList) {
            throw new IllegalArgumentException(
                    ("%s: attribute \"%s\" is an array, which would be closed before backward; give"
                                    + " it to saveForBackward")
                            .formatted(name, key));
        }
        attributes.put(key, value);
    }

    /**
     * Returns a value that was kept with {@link #setAttribute}.
     *
     * @param <T> the type of the value
     * @param key the name of the value
     * @param type the class of the value
     * @return the value
     * @throws IllegalStateException if there is none of that name
     */
    public <T> T getAttribute(String key, Class<T> type) {
        Object value = attributes.get(key);
        if (value == null) {
            throw new IllegalStateException(
                    name + ": no attribute \"" + key + "\"; there are " + attributes.keySet());
        }
        return type.cast(value);
    }

    /** Tells whether an output was declared to have no gradient. */
    boolean isMarkedNonDifferentiable(NDArray output) {
        for (NDArray other : nonDifferentiable) {
            if (other == output) {
                return true;
            }
        }
        return false;
    }

    boolean isMaterializeGrads() {
        return materializeGrads;
    }

    /** Connects what was saved to the graph, which is what second derivatives go through. */
    void connect(NDList inputs, NDList forwardInputs, NDList outputs, boolean[] linked) {
        saved.connect(inputs, forwardInputs, outputs, linked);
        nonDifferentiable.clear();
    }

    void close() {
        saved.free();
        nonDifferentiable.clear();
    }
}
