/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.djlext.micrograd.RandomGraph.Operation;

/** Random expressions: against DJL's autograd, and one engine against the other. */
class RandomGraphTest {

    @Provide
    Arbitrary<RandomGraph> anything() {
        return RandomGraph.of(3, 25, Operation.values());
    }

    // A fixed seed, because a tolerance can always be beaten by an expression that cancels enough.
    @Property(tries = 300, seed = "1337")
    void gradientsAreThoseOfTheEngine(@ForAll("anything") RandomGraph graph) {
        List<Value> leaves = graph.newLeaves();
        Value root = graph.build(leaves);
        root.backward();
        double largest = leaves.stream().mapToDouble(leaf -> Math.abs(leaf.grad)).max().orElse(0);
        Assume.that(Math.abs(root.data) < 1e6 && largest < 1e6);
        try (DjlGradients djl =
                DjlGradients.of(
                        graph::buildOfArrays,
                        graph.leaves().stream().mapToDouble(x -> x).toArray())) {
            assertClose(djl.value(), root.data, Math.abs(root.data), graph);
            for (int i = 0; i < leaves.size(); i++) {
                assertClose(djl.gradient(i), leaves.get(i).grad, largest, graph);
            }
        }
    }

    private static void assertClose(
            double expected, double actual, double scale, RandomGraph graph) {
        double difference = Math.abs(expected - actual);
        assertTrue(
                difference <= 1e-11 * (1 + scale),
                () -> "must be " + expected + ", but is " + actual + " in " + graph);
    }
}
