/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.testing.LambdaFunction;
import org.junit.jupiter.api.Test;

/** Pictures of the engine's graph. */
class GraphPictureTest extends GraphTestBase {

    @Test
    void operationsLeavesAndCustomFunctions() {
        NDArray w = leaf(1, 2);
        NDArray b = leaf(3);
        w.setName("w");
        AutogradFunction square =
                new LambdaFunction(
                        (ctx, in) -> new NDList(in.get(0).square()),
                        (ctx, dy) -> dy,
                        "My \"square\"");
        NDArray loss = square.apply(w.mul(b).add(w)).sum();
        // Nodes in order of their distance from the loss; both uses of w lead to one leaf.
        assertEquals(
                """
                digraph {
                  node [shape=box, style=filled];
                  n0 [label="SumBackward0", fillcolor=white];
                  n1 [label="My \\"square\\"", fillcolor=lightyellow];
                  n2 [label="AddBackward0", fillcolor=white];
                  n3 [label="MulBackward0", fillcolor=white];
                  n4 [label="w\\n(2)", fillcolor=lightblue];
                  n5 [label="(1)", fillcolor=lightblue];
                  n1 -> n0;
                  n2 -> n1;
                  n3 -> n2;
                  n4 -> n2;
                  n4 -> n3;
                  n5 -> n3;
                }
                """,
                GraphPicture.dot(loss, new NDList(w)));
    }

    @Test
    void arrayWithoutAGraphIsRefused() {
        NDArray plain = manager.create(new double[] {1, 2});
        assertRefused(
                "dot draws the graph of an array that gradients flow to, but none flows to an array"
                        + " of shape (2)",
                () -> GraphPicture.dot(plain, new NDList()));
    }
}
