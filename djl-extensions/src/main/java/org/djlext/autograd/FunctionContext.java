/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlext.torch.NativeHooks;
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
    private final Map<String, Object> attributes = new HashMap<>();
    private final List<NDArray> nonDifferentiable = new ArrayList<>();
    private final List<Saved> saved = new ArrayList<>();
    private @Nullable PtNDManager savedManager;
    private @Nullable PtNDManager passManager;
    private boolean materializeGrads = true;
    private boolean freed;

    // A saved array, the version of its storage at that time, what forward gave, and whether
    // that was an input.
    private record Saved(PtNDArray array, long version, @Nullable NDArray given, boolean input) {}

    FunctionContext(String name, boolean[] needsGrad) {
        this.name = name;
        this.needsGrad = needsGrad;
        boolean any = false;
        for (boolean needs : needsGrad) {
            any |= needs;
        }
        recording = any;
    }

    /**
     * Saves arrays for backward: inputs, outputs or intermediates. Call it once, from forward; a
     * further call replaces what the first has saved.
     *
     * @param arrays what {@link #savedTensors()} is to return; storage is shared, not copied
     */
    public void saveForBackward(NDArray... arrays) {
        freeSaved();
        for (int i = 0; i < arrays.length; i++) {
            NDArray array = arrays[i];
            if (!(array instanceof PtNDArray) || array.getDataType() == DataType.STRING) {
                throw new IllegalArgumentException(
                        name
                                + ".saveForBackward takes arrays of numbers of the PyTorch engine, but"
                                + " array "
                                + i
                                + " is "
                                + (array == null
                                        ? "null"
                                        : array.getDataType() + " of another kind"));
            }
            if (!recording) {
                continue;
            }
            if (savedManager == null) {
                savedManager = (PtNDManager) NDManager.newBaseManager(null, "PyTorch");
            }
            // Taken at once, because forward may close the array. Detached: were it an output that
            // owns the graph, the graph would own the hook, and the hook this.
            PtNDArray copy = (PtNDArray) array.stopGradient();
            copy.attach(savedManager);
            NDScope.unregister(copy);
            saved.add(new Saved(copy, NativeHooks.version(copy), array, false));
        }
    }

    /**
     * Returns the arrays that forward saved, in order. For backward; they are closed after it.
     *
     * @return the arrays
     * @throws IllegalStateException if they were freed by an earlier backward pass, or if one was
     *     written to in place since it was saved
     */
    public NDList savedTensors() {
        if (freed || passManager == null) {
            throw new IllegalStateException(
                    freed
                            ? name
                                    + ": backward a second time, but what it had saved was freed after"
                                    + " the first; keep the graph if you need it twice"
                            : name + ": savedTensors is for backward, not for forward");
        }
        boolean createGraph = JniUtils.isGradMode();
        NDList arrays = new NDList(saved.size());
        for (int i = 0; i < saved.size(); i++) {
            Saved s = saved.get(i);
            long version = NativeHooks.version(s.array);
            if (version != s.version) {
                throw new IllegalStateException(
                        name
                                + ": saved tensor "
                                + i
                                + " of shape "
                                + s.array.getShape()
                                + " was changed in place between forward and backward (version "
                                + version
                                + ", saved at version "
                                + s.version
                                + "); change a copy instead");
            }
            if (createGraph && !s.input && s.array.getDataType().isFloating()) {
                throw new IllegalStateException(
                        name
                                + ": saved tensor "
                                + i
                                + " is not an input, and backward cannot be differentiated through"
                                + " it; save inputs alone if you need second derivatives");
            }
            // An alias per pass, so that what backward computes belongs to the pass and not to us.
            arrays.add(NativeHooks.alias(s.array, passManager));
        }
        return arrays;
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
                    name
                            + " has inputs 0 to "
                            + (needsGrad.length - 1)
                            + ", but was asked for "
                            + input);
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
                    name
                            + ": attribute \""
                            + key
                            + "\" is an array, which would be closed before backward; give it to"
                            + " saveForBackward");
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

    boolean isDifferentiable(NDArray output) {
        for (NDArray other : nonDifferentiable) {
            if (other == output) {
                return false;
            }
        }
        return output.getDataType().isFloating();
    }

    boolean isMaterializeGrads() {
        return materializeGrads;
    }

    /** Connects saved inputs to the graph, which is what second derivatives go through. */
    void connect(NDList inputs, NDList forwardInputs, long javaMemory) {
        for (int i = 0; i < saved.size(); i++) {
            Saved s = saved.get(i);
            int input = s.given == null ? -1 : ForwardScope.indexOf(forwardInputs, s.given);
            PtNDArray array = s.array;
            long version = s.version;
            if (input >= 0 && needsGrad[input] && savedManager != null) {
                array = NativeHooks.snapshot((PtNDArray) inputs.get(input), savedManager);
                NDScope.unregister(array);
                s.array.close();
            } else if (input < 0
                    && JavaMemory.mayHold(javaMemory, array)
                    && NativeHooks.version(array) == version) {
                array = (PtNDArray) s.array.duplicate();
                version = NativeHooks.version(array);
                NDScope.unregister(array);
                s.array.close();
            }
            saved.set(i, new Saved(array, version, null, input >= 0));
        }
        nonDifferentiable.clear();
    }

    void beginPass(PtNDManager manager) {
        passManager = manager;
    }

    void endPass() {
        passManager = null;
    }

    private void freeSaved() {
        saved.clear();
        if (savedManager != null) {
            savedManager.close();
            savedManager = null;
        }
    }

    void close() {
        freed = true;
        freeSaved();
        nonDifferentiable.clear();
        attributes.clear();
    }
}
