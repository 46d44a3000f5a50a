/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import static org.djlext.torch.TorchScript.COLLECTIVES;

/**
 * How the sum over all ranks is computed. Two ranks of this library swap their arrays whole and add
 * them, in one round, where gloo's ring takes two; more ranks, and one that may be a Python
 * process, which would wait for the ring, reduce around that.
 */
public final class RankSum {

    /** In place of a rank's number: there are not two ranks, or the other may be Python's. */
    static final int NO_PEER = -1;

    private final String group;
    private final int peer;

    RankSum(String group, int peer) {
        this.group = group;
        this.peer = peer;
    }

    /**
     * Calls functions of the engine.
     *
     * @param <T> what stands for arrays
     */
    public interface Calls<T> {
        /**
         * Calls one.
         *
         * @param function its name
         * @param arguments its arguments; a String is text as a script has it
         * @return the result
         */
        T call(String function, Object... arguments);
    }

    /** Returns the number of the one other rank, if there is one to swap with. */
    int peer() {
        return peer;
    }

    /**
     * Returns the sum by calls of the engine's functions.
     *
     * @param array what stands for the array of this rank, which has one axis
     * @param count the length of that
     * @param calls the calls
     * @return what stands for the sum
     * @param <T> what stands for arrays
     */
    public <T> T of(T array, long count, Calls<T> calls) {
        String name = "'" + group + "'";
        if (peer == NO_PEER || count == 0) {
            T started = calls.call(COLLECTIVES + "all_reduce", array, "'sum'", name);
            return calls.call(COLLECTIVES + "wait_tensor", started);
        }
        String swap = peer == 1 ? "[0, " + count + "]" : "[" + count + ", 0]";
        T started = calls.call(COLLECTIVES + "all_to_all_single", array, swap, swap, name);
        return calls.call("add", array, calls.call(COLLECTIVES + "wait_tensor", started));
    }
}
