/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.List;

/**
 * A graph of {@link Value}s that is computed again and again.
 *
 * <p>The lecture builds a graph for each step and throws it away. Where every step has the same
 * graph, it can be built once: a step is then a walk through its nodes and back, and makes no
 * object. The numbers are the same, bit for bit: every sum is taken in the same order.
 *
 * <pre>{@code
 * Tape tape = new Tape(Losses.sumOfSquares(outputs, targets));
 * for (int k = 0; k < steps; k++) {
 *     tape.forward();
 *     tape.backward();
 *     GradientDescent.step(model.parameters(), learningRate);
 * }
 * }</pre>
 *
 * <p>What leaves hold may be changed between two steps: the parameters, and the points of another
 * mini-batch. A tape belongs to one thread at a time.
 */
public final class Tape {

    private final List<Value> order; // each node after all its children
    private final Value root;

    /**
     * Lists the nodes of a graph.
     *
     * @param root the node to compute and differentiate, such as a loss
     */
    public Tape(Value root) {
        this.root = root;
        order = root.topologicalOrder();
    }

    /** Computes every node, and so the root, from what the leaves hold. */
    public void forward() {
        for (int i = 0; i < order.size(); i++) {
            order.get(i).forward();
        }
    }

    /** Sets the gradient of every node to the derivative of the root by it. Replaces, not adds. */
    public void backward() {
        for (int i = 0; i < order.size(); i++) {
            order.get(i).grad = 0;
        }
        root.backward(order);
    }
}
