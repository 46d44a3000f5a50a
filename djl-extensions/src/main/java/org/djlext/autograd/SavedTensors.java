/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.djlext.internal.EngineArrays;
import org.djlext.internal.NativeHooks;
import org.djlext.internal.TensorSpec;
import org.jspecify.annotations.Nullable;

/**
 * What one call of an {@link AutogradFunction} has saved for backward.
 *
 * <p>Tensors, not arrays: they belong to no manager, and are freed with the graph. Several passes
 * can be at them at once, and one of them can free them. The lock is held while tensors are taken
 * out, never while they are freed, for that can free another part of the graph.
 */
final class SavedTensors {

    // Second derivatives of a saved input go to its graph, those of an output to the node itself,
    // and those of what is neither are refused.
    private static final int INPUT = -1;
    private static final int INTERMEDIATE = -2;

    private static final class Saved {
        // What is kept: a tensor, or what the user has made of it, or neither if it was left out.
        long handle;
        @Nullable PackedTensor packed;
        long version;
        // A tensor that is where the input is in the graph: the one that is kept, unless that is
        // packed. 0 if there is none.
        long place;
        @Nullable PtNDArray given;
        // One of the above, or the number of the output.
        int output = INTERMEDIATE;

        // The very tensor, which forward's array may close, but does not change.
        void keep(PtNDArray array) {
            handle = NativeHooks.kept(array.getHandle());
            version = NativeHooks.writes(handle);
            if (version == NativeHooks.UNCOUNTED) {
                // Of a model in inference mode, which the engine lets into no graph.
                JniUtils.deleteNDArray(handle);
                try (PtNDArray copy = EngineArrays.copy(array)) {
                    keep(copy);
                }
            }
        }

        void isInput(PtNDArray input) {
            output = INPUT;
            long source = input.getHandle();
            if (!NativeHooks.requiresGrad(input)) {
                return;
            }
            if (packed == null) {
                NativeHooks.connectTo(handle, source);
                place = handle;
            } else {
                TensorSpec nothing = TensorSpec.of(source).empty();
                try (PtNDArray zeros = EngineArrays.zeros(input.getManager(), input, nothing)) {
                    place = NativeHooks.connected(zeros.getHandle(), source);
                }
            }
        }

        // Another tensor: were it the output, which owns the graph, the graph would own the node,
        // and the node this.
        void isOutput(int number) {
            output = number;
            if (packed == null) {
                long other = NativeHooks.detached(handle);
                JniUtils.deleteNDArray(handle);
                handle = other;
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
            Saved s = new Saved();
            s.given = array;
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
     * @param inputs the inputs as the caller has them, where forward had others
     * @param linked which outputs are part of the graph
     */
    void connect(NDList inputs, NDList forwardInputs, NDList outputs, boolean[] linked) {
        for (Saved s : tensors) {
            if (s == null || s.given == null) {
                continue;
            }
            int input = ForwardScope.indexOf(forwardInputs, s.given);
            int output = ForwardScope.indexOf(outputs, s.given);
            s.given = null;
            if (input >= 0) {
                s.isInput((PtNDArray) inputs.get(input));
            } else if (output >= 0 && linked[output]) {
                int number = 0;
                for (int k = 0; k < output; k++) {
                    number += linked[k] ? 1 : 0;
                }
                s.isOutput(number);
            }
        }
    }

    /** Returns what was saved, as arrays of one pass, which own themselves. */
    synchronized NDList open(String name, PtNDManager manager, boolean createGraph) {
        if (freed) {
            throw new IllegalStateException(
                    name
                            + ": backward a second time, but what it had saved was freed after the"
                            + " first; keep the graph if you need it twice");
        }
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
            boolean connected = createGraph && TensorSpec.of(kept).isDifferentiable();
            arrays.add(
                    connected
                            ? inGraph(name, s, kept, manager)
                            : new PtNDArray(manager, NativeHooks.kept(kept)));
        }
        return arrays;
    }

    private static void checkVersion(String name, int i, Saved s) {
        long version = NativeHooks.writes(s.handle);
        if (version != s.version) {
            throw new IllegalStateException(
                    ("%s: saved tensor %s of shape %s was changed in place between forward and"
                                    + " backward (version %s, saved at version %s); change a copy"
                                    + " instead")
                            .formatted(
                                    name, i, TensorSpec.of(s.handle).shape(), version, s.version));
        }
    }

    private static PtNDArray inGraph(String name, Saved s, long kept, PtNDManager manager) {
        if (s.output == INTERMEDIATE) {
            return new NoDerivative(
                            name,
                            ": a saved tensor is neither an input nor an output, and backward cannot"
                                    + " be differentiated through it; save inputs or outputs if you"
                                    + " need second derivatives")
                    .of(kept, manager);
        }
        if (s.output != INPUT) {
            return new PtNDArray(manager, NativeHooks.asOutput(kept, s.output));
        }
        long place = s.place == 0 ? NativeHooks.kept(kept) : NativeHooks.connected(kept, s.place);
        return new PtNDArray(manager, place);
    }

    void free() {
        List<@Nullable Saved> mine;
        synchronized (this) {
            mine = tensors;
            tensors = new ArrayList<>(0);
            freed = true;
        }
        free(mine.iterator());
    }

    // Whatever a user's hook throws, the rest is freed.
    private static void free(Iterator<@Nullable Saved> rest) {
        try {
            while (rest.hasNext()) {
                Saved s = rest.next();
                if (s != null) {
                    s.free();
                }
            }
        } finally {
            if (rest.hasNext()) {
                free(rest);
            }
        }
    }
}
