/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.GradientClipping;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.Layer;
import org.djlext.nn.LinearFunction;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The norm of gradients that have no square in their type. */
class ClippingTest extends ArrayTest {

    private static Parameter parameter(String name, NDArray values) {
        Parameter parameter =
                Parameter.builder().setName(name).setType(Parameter.Type.WEIGHT).build();
        parameter.setArray(values);
        values.setRequiresGradient(true);
        return parameter;
    }

    /** Logits that are the vector of class 0 times W, without a bias. */
    private static final class Product extends Layer {
        private final Parameter c;
        private final Parameter w;

        Product(Parameter c, Parameter w) {
            this.c = addParameter(c);
            this.w = addParameter(w);
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            NDArray vectors = new EmbeddingFunction().apply(x, pass.value(c));
            return new LinearFunction().apply(vectors, pass.value(w));
        }
    }

    /**
     * One example of class 0 of two, whose vector is (v): with W = 0 the gradient of W is v (-1/2,
     * 1/2), and its norm v / sqrt(2).
     */
    @ParameterizedTest
    @CsvSource({
        "COMPILED, 1e20", "COMPILED, 1e-25", "COMPILED, 10",
        "MANUAL, 1e20", "MANUAL, 1e-25", "MANUAL, 10"
    })
    void gradientsThatHaveNoSquare(Gradients gradients, float v) {
        Parameter c = parameter("c", manager.full(new Shape(1, 1), v, DataType.FLOAT32));
        Parameter w = parameter("w", manager.zeros(new Shape(1, 2)));
        // AdamW without mean, so that the first step is rate g / (|g| + eps): with an eps that is
        // large beside g, it shows how large g is.
        try (TorchAdamW adamW =
                        TorchAdamW.builder().optBetas(0, 0).optEps(1e3).optWeightDecay(0).build();
                TrainingSteps steps =
                        new TrainingSteps(
                                manager,
                                new Product(c, w),
                                new CrossEntropyLoss(),
                                adamW,
                                1,
                                gradients)) {
            NDArray x = manager.zeros(new Shape(1), DataType.INT64);
            NDArray y = manager.zeros(new Shape(1), DataType.INT64);
            assertEquals(Math.log(2), steps.step(x, y, 1e3), 1e-6);
            // Clipped to the norm 1: (-1, 1) / sqrt(2); the update is 1e3 g / (|g| + 1e3).
            double norm = v / Math.sqrt(2);
            double g = norm > 1 ? Math.sqrt(0.5) : v / 2;
            float[] got = w.getArray().toFloatArray();
            assertEquals(1, got[0] / (1e3 * g / (g + 1e3)), 1e-3);
            assertEquals(-got[0], got[1]);
        }
    }

    @Test
    void parametersWithoutGradientAreLeftAlone() {
        NDArray a = manager.ones(new Shape(2));
        NDArray b = manager.ones(new Shape(2));
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        parameters.put("a", parameter("a", a));
        parameters.put("b", parameter("b", b));
        try (TorchSgd sgd = TorchSgd.builder().build();
                TorchAdamW adamW = TorchAdamW.builder().optWeightDecay(0).build()) {
            for (TorchOptimizer optimizer : List.of(sgd, adamW)) {
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    collector.backward(a.mul(3).sum());
                }
                assertEquals(3 * Math.sqrt(2), GradientClipping.byNorm(new NDList(a, b), 10), 1e-6);
                optimizer.step(parameters.values(), 0.1);
            }
        }
        // Gradient descent goes by 0.3, AdamW's first step by 0.1.
        assertArrayEquals(new float[] {0.6f, 0.6f}, a.toFloatArray(), 1e-6f);
        assertArrayEquals(new float[] {1, 1}, b.toFloatArray());
    }
}
