/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

/**
 * The Java side of a node in the engine's graph, or of a hook on a gradient, as {@link NativeHooks}
 * puts them there.
 *
 * <p>The methods are called by the engine, on the thread that runs backward or frees the graph: the
 * caller's own for a graph on the CPU, one of the engine's for a graph on a GPU or for a backward
 * pass deep inside another. Several passes can run through one node at a time, in different threads
 * or one inside the other.
 */
public interface BackwardNode {

    /**
     * Takes the gradients of the outputs and gives those of the inputs, by {@link
     * NativeHooks#answer}. An input without an answer has no gradient; a hook without an answer
     * leaves the gradient as it is.
     *
     * @param gradients a handle of dL/doutput for each output, 0 where there is none; for a node,
     *     one more at the end, which is not 0 if the pass came through what has no derivative, such
     *     as a saved intermediate. The callee puts 0 in the place of each handle that it has taken
     *     over
     * @param pass what {@link NativeHooks#answer} needs, until this method returns
     * @param keepGraph whether the graph is kept for another pass
     */
    void backward(long[] gradients, long pass, boolean keepGraph);

    /** Is called once, when the engine has freed the node or the hook: no other call follows. */
    void onRelease();
}
