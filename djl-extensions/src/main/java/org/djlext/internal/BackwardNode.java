/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

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
     * Takes the gradients of the outputs and gives those of the inputs. An input without an answer
     * has no gradient; a hook without an answer leaves the gradient as it is. Where the graph is
     * not kept, a node also releases what it holds.
     */
    void backward(NodePass pass);

    /**
     * Is called when the engine has freed the node or the hook: no other call follows. It is left
     * out for a node whose backward has returned from a pass that did not keep the graph.
     */
    default void onRelease() {
        // Most hold nothing.
    }

    /** {@return what the engine is to call a node in messages} */
    default String name() {
        return getClass().getSimpleName();
    }
}
