/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.function.Function;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.TorchScript;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Causal attention with dropout beside the same expression in the engine's operations. */
class AttentionDropoutTest extends ArrayTest {

    private static final TorchScript PLAIN =
            TorchScript.compile(
                    """
                    def attention(q, k, v, p: float):
                        s = q @ k.transpose(-2, -1) * q.size(-1) ** -0.5
                        keep = torch.rand(s.size(), dtype=torch.float32) >= p
                        s = s.masked_fill(torch.ones_like(s).tril() == 0.0, float("-inf"))
                        return (torch.softmax(s, -1) * keep / (1.0 - p)) @ v
                    """);

    private NDList inputs() {
        Engine.getInstance().setRandomSeed(11);
        NDList inputs = new NDList();
        for (int size : new int[] {3, 3, 4}) {
            inputs.add(manager.randomNormal(0, 1, new Shape(2, 3, 5, size), DataType.FLOAT64));
        }
        return inputs;
    }

    /** The output and the gradient of each input, for the same draw. */
    private static NDList results(NDList inputs, Function<NDList, NDArray> attention) {
        inputs.forEach(input -> input.setRequiresGradient(true));
        Engine.getInstance().setRandomSeed(5);
        NDList results = new NDList();
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = attention.apply(inputs);
            collector.backward(y.mul(y).sum());
            results.add(y);
        }
        inputs.forEach(input -> results.add(input.getGradient()));
        return results;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5})
    void forwardAndBackwardAreTheEngines(double p) {
        NDList manual = results(inputs(), in -> new CausalAttentionFunction(p).apply(in).get(0));
        NDList engine =
                results(inputs(), in -> PLAIN.callForArray(in.get(0), in.get(1), in.get(2), p));
        NDList without = results(inputs(), in -> new CausalAttentionFunction().apply(in).get(0));
        GradientTable table = new GradientTable(new Tolerance(1e-12, 1e-14));
        String[] names = {"y", "dq", "dk", "dv"};
        for (int i = 0; i < names.length; i++) {
            table.compare(names[i], manual.get(i), engine.get(i));
            assertTrue(
                    manual.get(i).sub(without.get(i)).abs().max().getDouble() > 1e-3,
                    names[i] + " is as without dropout");
        }
        table.assertApproximate();
    }

    @Test
    void aProbabilityOfOneIsRefused() {
        assertRefused(
                "causal attention takes a dropout from 0 to less than 1, but got 1.0",
                () -> new CausalAttentionFunction(1));
    }
}
