/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;

/**
 * The surroundings in which a forward runs: grad mode is off, and what it leaves behind is closed.
 *
 * <p>In DJL the result of an operation belongs to the manager of its first operand and lives until
 * that is closed. So forward gets its inputs in a manager of its own, where all intermediates
 * gather. Without that, each would keep its memory until the end of the training step, needed or
 * not.
 */
final class ForwardScope implements AutoCloseable {

    private final boolean recording;
    private final NDList originals;
    private final NDList inputs = new NDList();
    private final List<NDManager> managers = new ArrayList<>();

    ForwardScope(NDList originals, boolean recording) {
        this.originals = originals;
        this.recording = recording;
        if (recording) {
            JniUtils.setGradMode(false);
        }
        for (NDArray original : originals) {
            NDArray input = original.stopGradient();
            input.setName(original.getName());
            input.attach(managerFor(original));
            inputs.add(input);
        }
    }

    /** One manager for each device, so that what forward creates in it is on the input's device. */
    private NDManager managerFor(NDArray original) {
        for (NDManager manager : managers) {
            if (manager.getDevice().equals(original.getDevice())) {
                return manager;
            }
        }
        NDManager manager = original.getManager().newSubManager(original.getDevice());
        managers.add(manager);
        return manager;
    }

    /** The inputs as forward sees them: other arrays over the same storage. */
    NDList inputs() {
        return inputs;
    }

    /** Turns grad mode back on if it was. */
    void endForward() {
        if (recording) {
            JniUtils.setGradMode(true);
        }
    }

    /**
     * Moves outputs to the manager of the first input; an input among them becomes the original
     * again.
     */
    NDList released(NDList outputs) {
        NDList results = new NDList(outputs.size());
        for (NDArray output : outputs) {
            int i = indexOf(inputs, output);
            if (i >= 0) {
                results.add(originals.get(i));
                continue;
            }
            NDArray result = output;
            if (managers.contains(output.getManager())) {
                if (JavaMemory.mayHold(javaMemory(), output)) {
                    // What it is perhaps a view of is closed with this scope.
                    result = output.duplicate();
                    result.setName(output.getName());
                }
                result.attach(originals.get(0).getManager());
            }
            results.add(result);
        }
        return results;
    }

    /** The size of the largest buffer of Java with an array that forward made and left open. */
    long javaMemory() {
        long largest = 0;
        for (NDManager manager : managers) {
            largest = Math.max(largest, JavaMemory.largestIn(manager));
        }
        return largest;
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
        managers.forEach(NDManager::close);
    }

    /** The manager that outputs belong to: that of the first input. */
    PtNDManager outputManager() {
        return ((PtNDArray) originals.get(0)).getManager();
    }
}
