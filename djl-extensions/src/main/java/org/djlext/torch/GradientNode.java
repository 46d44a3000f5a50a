/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

/**
 * The Java side of a node in the engine's graph, as {@link NativeHooks#link} puts it there.
 *
 * <p>The methods are called by the engine, on the thread that runs backward or frees the graph: the
 * caller's own for a graph on the CPU, one of the engine's for a graph on a GPU.
 */
public interface GradientNode {

    /**
     * Receives the gradient of an output, or is asked for the gradient of an input.
     *
     * <p>In one backward pass, every output that was used comes first, once, with the sum over its
     * uses. Then comes every input.
     *
     * @param index k for output k, number of outputs + i for input i
     * @param gradient for an output a handle of dL/doutput that the callee owns, or 0 if it is
     *     undefined; for an input 1, or 0 if no gradient is wanted
     * @param pass a number that is the same for all calls of one backward pass
     * @param keepGraph whether the graph is kept for another pass
     * @return a new handle of what takes the place of the gradient, of the same shape, type and
     *     device, as {@link NativeHooks#newGradient} makes it; or 0 to leave the gradient
     */
    long onGradient(int index, long gradient, int pass, boolean keepGraph);

    /** Is called once, when the engine has freed the graph: no other call follows. */
    void onRelease();
}
