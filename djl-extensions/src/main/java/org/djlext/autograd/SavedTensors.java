/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import org.djlext.torch.NativeHooks;
import org.djlext.torch.TensorKind;
import org.jspecify.annotations.Nullable;

/**
 * What one call of an {@link AutogradFunction} has saved for backward.
 *
 * <p>Tensors, not arrays: they belong to no manager, and are freed with the graph. Several passes
 * can be at them at once, and one of them can free them. The lock is held while tensors are taken
 * out, never while they are freed, for that can free another part of the graph.
 */
final class SavedTensors {

    // Second derivatives of a saved input go to its graph, those of an output to the node itself.
    private static final int INPUT = -1;

    private static final class Saved {
        // What is kept: a tensor, or what the user has made of it, or neither if it was left out.
        long handle;
        @Nullable PackedTensor packed;
        long version;
        final Shape shape;
        final TensorKind kind;
        // A tensor that is where the input is in the graph: the one that is kept, unless that is
        // packed. 0 if there is none.
        long place;
        @Nullable NDArray given;
        // INPUT, or the number of the output; there is one more output for what is neither.
        int output;

        Saved(PtNDArray array) {
            shape = array.getShape();
            kind = TensorKind.of(array);
            given = array;
        }

        // At once, because forward may close the array. Detached: were it an output that owns the
        // graph, the graph would own the node, and the node this.
        void keep(PtNDArray array) {
            handle = NativeHooks.detached(array.getHandle());
            version = NativeHooks.version(handle);
        }

        void connectTo(PtNDArray input) {
            long source = input.getHandle();
            if (packed == null) {
                JniUtils.deleteNDArray(handle);
                handle = NativeHooks.connected(source, source);
                place = handle;
            } else {
                try (PtNDArray nothing = NativeHooks.zeros(input, new Shape(0), kind)) {
                    place = NativeHooks.connected(nothing.getHandle(), source);
                }
            }
        }

        void free() {
            if (place != 0 && place != handle) {
                JniUtils.deleteNDArray(place);
            }
            if (handle != 0) {
                JniUtils.deleteNDArray(handle);
            }
            if (packed != null) {
                packed.release();
            }
        }
    }

    // null for an array that was left out.
    private List<@Nullable Saved> tensors = new ArrayList<>(0);
    private boolean freed;

    void save(String name, List<@Nullable PtNDArray> arrays) {
        free();
        freed = false;
        SavedTensorHooks<Object> hooks = Hooks.savedTensorHooks();
        for (PtNDArray array : arrays) {
            if (array == null) {
                tensors.add(null);
                continue;
            }
            Saved s = new Saved(array);
            if (hooks == null) {
                s.keep(array);
            } else {
                s.packed = PackedTensor.pack(hooks, name, array);
            }
            tensors.add(s);
        }
    }

    /**
     * Finds out which saved arrays are inputs or outputs.
     *
     * @param inputs the inputs as the caller has them
     * @param forwardInputs the inputs as forward had them
     * @param outputs the outputs as forward returned them
     * @param linked the outputs that are part of the graph, by their numbers
     */
    void connect(NDList inputs, NDList forwardInputs, NDList outputs, List<Integer> linked) {
        for (Saved s : tensors) {
            if (s == null) {
                continue;
            }
            NDArray given = s.given;
            s.given = null;
            int input = given == null ? -1 : ForwardScope.indexOf(forwardInputs, given);
            int output = given == null ? -1 : ForwardScope.indexOf(outputs, given);
            s.output = linked.size();
            if (input >= 0) {
                s.output = INPUT;
                PtNDArray original = (PtNDArray) inputs.get(input);
                if (NativeHooks.requiresGrad(original)) {
                    s.connectTo(original);
                }
            } else if (output >= 0 && linked.contains(output)) {
                s.output = linked.indexOf(output);
            }
        }
    }

    /**
     * Returns what was saved, as arrays of one pass, which own themselves.
     *
     * @param name the name of the function
     * @param manager the manager of the pass
     * @return the arrays; with grad mode on they are part of the graph
     */
    synchronized NDList open(String name, PtNDManager manager) {
        if (freed) {
            throw new IllegalStateException(
                    name
                            + ": backward a second time, but what it had saved was freed after the"
                            + " first; keep the graph if you need it twice");
        }
        boolean createGraph = JniUtils.isGradMode();
        NDList arrays = new NDList(tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            Saved s = tensors.get(i);
            if (s == null) {
                arrays.add(null);
                continue;
            }
            PtNDArray unpacked = null;
            if (s.packed == null) {
                checkVersion(name, i, s);
            } else {
                unpacked = s.packed.unpack(name, i, manager);
            }
            long kept = unpacked == null ? s.handle : unpacked.getHandle();
            boolean connected = createGraph && s.kind.isDifferentiable();
            arrays.add(new PtNDArray(manager, connected ? inGraph(s, kept) : plain(kept)));
        }
        return arrays;
    }

    private static void checkVersion(String name, int i, Saved s) {
        long version = NativeHooks.version(s.handle);
        if (version != s.version) {
            throw new IllegalStateException(
                    name
                            + ": saved tensor "
                            + i
                            + " of shape "
                            + s.shape
                            + " was changed in place between forward and backward (version "
                            + version
                            + ", saved at version "
                            + s.version
                            + "); change a copy instead");
        }
    }

    private static long plain(long kept) {
        return NativeHooks.detached(kept);
    }

    private static long inGraph(Saved s, long kept) {
        if (s.output != INPUT) {
            return NativeHooks.asOutput(kept, s.output);
        }
        return s.place == 0 ? plain(kept) : NativeHooks.connected(kept, s.place);
    }

    void free() {
        List<@Nullable Saved> mine;
        synchronized (this) {
            mine = tensors;
            tensors = new ArrayList<>(0);
            freed = true;
        }
        for (Saved s : mine) {
            if (s != null) {
                s.free();
            }
        }
    }
}
