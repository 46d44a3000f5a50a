/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import org.djlext.internal.EngineArrays;
import org.djlext.internal.NativeHooks;

/**
 * The surroundings in which a forward runs: grad mode is off, and what it leaves behind is closed.
 *
 * <p>In DJL the result of an operation belongs to the manager of its first operand and lives until
 * that is closed. So forward gets its inputs in a manager of its own, where all intermediates
 * gather. Without that, each would keep its memory until the end of the training step, needed or
 * not.
 */
final class ForwardScope implements AutoCloseable {

    private boolean recording; // before and, but for the time of forward, after
    private final NDList originals;
    private final NDList inputs = new NDList();
    private final List<PtNDManager> managers = new ArrayList<>();
    private long[] versions = {};

    ForwardScope(NDList originals, boolean recording) {
        this.originals = originals;
        this.recording = recording;
        if (recording) {
            JniUtils.setGradMode(false);
        }
        try {
            for (NDArray original : originals) {
                if (original == null) {
                    inputs.add(null);
                    continue;
                }
                PtNDArray tensor = (PtNDArray) original;
                NDArray input = detached(tensor, managerFor(tensor));
                input.setName(original.getName());
                inputs.add(input);
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    // While gradients are recorded, which needs the library, the shorter way.
    private NDArray detached(PtNDArray original, PtNDManager manager) {
        if (recording && NativeHooks.isLoaded()) {
            return new PtNDArray(manager, NativeHooks.detached(original.getHandle()));
        }
        NDArray input = original.stopGradient();
        input.attach(manager);
        return input;
    }

    /** One manager for each device, so that what forward creates in it is on the input's device. */
    private PtNDManager managerFor(PtNDArray original) {
        Device device = EngineArrays.device(original);
        for (PtNDManager manager : managers) {
            if (manager.getDevice().equals(device)) {
                return manager;
            }
        }
        PtNDManager manager = original.getManager().newSubManager(device);
        managers.add(manager);
        return manager;
    }

    /** The inputs as forward sees them: other arrays over the same storage. */
    NDList inputs() {
        return inputs;
    }

    /** Notes how often the inputs have been written to. */
    void watchInputs() {
        versions = versions();
    }

    /** The index of an input that was written to since; -1 if there is none. */
    int changedInput() {
        long[] now = versions();
        for (int i = 0; i < now.length; i++) {
            if (now[i] != versions[i]) {
                return i;
            }
        }
        return -1;
    }

    private long[] versions() {
        long[] all = new long[originals.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] =
                    originals.get(i) instanceof PtNDArray input
                            ? NativeHooks.writes(input.getHandle())
                            : 0;
        }
        return all;
    }

    /** Turns grad mode back on if it was. */
    void endForward() {
        if (recording) {
            recording = false;
            JniUtils.setGradMode(true);
        }
    }

    /** Hands outputs to the caller; see below. */
    NDList released(NDList outputs) {
        return released(outputs, new boolean[outputs.size()]);
    }

    /**
     * Hands outputs to the caller: moves what forward made to the manager of the first input. An
     * input among them stays another array over the storage of the caller's, and one that is
     * returned twice becomes two. So does one that is to be linked but is not forward's own.
     */
    NDList released(NDList outputs, boolean[] linked) {
        NDList results = new NDList(outputs.size());
        for (int k = 0; k < linked.length; k++) {
            NDArray result = outputs.get(k);
            boolean own = managers.contains(result.getManager());
            if ((linked[k] && !own) || indexOf(results, result) >= 0) {
                result = result.stopGradient();
                result.setName(outputs.get(k).getName());
                own = true;
            }
            if (own) {
                result.attach(outputManager());
            }
            results.add(result);
        }
        return results;
    }

    /** The index of an array itself, not of an equal one; -1 if it is not in the list. */
    static int indexOf(NDList list, NDArray array) {
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i) == array) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void close() {
        endForward();
        managers.forEach(NDManager::close);
    }

    /** The manager that outputs belong to: that of the first input. */
    PtNDManager outputManager() {
        for (NDArray original : originals) {
            if (original instanceof PtNDArray tensor) {
                return tensor.getManager();
            }
        }
        throw new IllegalStateException("no input is given");
    }
}
