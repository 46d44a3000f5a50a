/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.djlext.testing.LambdaFunction;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.Test;

/** What helps to find a mistake: profiles, pictures of the graph, anomalies. */
class DebuggingTest extends GraphTestBase {

    private static final AutogradFunction SLEEPY =
            new LambdaFunction(
                    (ctx, in) -> {
                        Threads.sleep(20);
                        ctx.saveForBackward(in.get(0), null);
                        return new NDList(in.get(0).square());
                    },
                    (ctx, dy) -> {
                        Threads.sleep(60);
                        return dy;
                    },
                    "Sleepy");

    @Test
    void callsTimesAndMemoryByName() {
        NDArray x = leaf(1, 2, 3, 4);
        square(x);
        List<FunctionProfile.Row> rows;
        String table;
        try (FunctionProfile profile = FunctionProfile.start()) {
            NDArray a = SLEEPY.apply(x);
            NDArray b = SLEEPY.apply(square(x));
            backward(a.add(b).sum());
            rows = profile.rows();
            table = profile.toString();
            assertThrows(IllegalStateException.class, FunctionProfile::start);
        }
        square(x);
        assertEquals(2, rows.size());
        FunctionProfile.Row sleepy = rows.get(0);
        assertEquals("Sleepy", sleepy.function());
        assertEquals(2, sleepy.forwards());
        assertEquals(2, sleepy.backwards());
        // Twice four numbers of eight bytes.
        assertEquals(64, sleepy.savedBytes());
        assertTrue(sleepy.forwardNanos() >= 40_000_000, "" + sleepy);
        assertTrue(sleepy.backwardNanos() >= 120_000_000, "" + sleepy);
        assertEquals("LambdaFunction", rows.get(1).function());
        assertEquals(1, rows.get(1).forwards());
        assertEquals(3, table.lines().count());
        assertTrue(table.lines().toList().get(1).startsWith("Sleepy  "), table);
        // A closed one makes room for the next.
        try (FunctionProfile next = FunctionProfile.start()) {
            assertEquals(List.of(), next.rows());
        }
    }

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
    void anomalyNamesTheFunctionThatMadeTheNaN() {
        AutogradFunction log =
                new LambdaFunction(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0));
                            return new NDList(in.get(0).abs().log());
                        },
                        (ctx, dy) -> {
                            NDArray x = ctx.saved(0);
                            return new NDList(x.div(x).div(x).mul(dy.get(0)));
                        },
                        "LogAbs",
                        "x");
        NDArray x = leaf(1, 0, 2);
        try (Autograd.Scope scope = Autograd.detectAnomaly()) {
            NDArray loss = square(log.apply(x.mul(1))).sum();
            assertFailsSaying(
                    EngineException.class,
                    () -> backward(loss),
                    "LogAbs.backward made NaN in the gradient of input 0 (x), from"
                            + " upstream gradients without NaN");
            // One of the engine's own: the derivative of the root at zero, times zero.
            NDArray root = x.sqrt().mul(0).sum();
            assertFailsSaying(EngineException.class, () -> backward(root), "SqrtBackward0");
        }
        backward(log.apply(x).sum()); // no longer looked at
        assertTrue(Double.isNaN(x.getGradient().getDouble(1)));
    }

    @Test
    void anomaliesAreLookedForUntilTheLastScopeIsClosed() {
        NDArray x = leaf(0);
        NDArray root = x.sqrt().mul(0).sum();
        Autograd.Scope first = Autograd.detectAnomaly();
        Autograd.Scope second = Autograd.detectAnomaly();
        first.close();
        first.close();
        assertFailsSaying(EngineException.class, () -> grad(root, x), "SqrtBackward0");
        second.close();
        assertTrue(Double.isNaN(grad(x.sqrt().mul(0).sum(), x).getDouble()));
    }

    @Test
    void namesInPicturesAreEscaped() {
        NDArray w = leaf(1);
        w.setName("a\\b \"c\"\\");
        String dot = GraphPicture.dot(w.square(), new NDList(w));
        // The escapes of Graphviz, behind which its own new line follows.
        assertTrue(dot.contains("label=\"a\\\\b \\\"c\\\"\\\\\\n(1)\""), dot);
    }
}
