/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.makemore.fused.FusedEmbedding;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedLinear;
import org.djlext.makemore.fused.FusedStep;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The norm of gradients that have no square in their type. */
class ClippingTest {

    // AdamW without mean, so that the first step is rate g / (|g| + eps): with an eps that is large
    // beside g, it shows how large g is.
    private static final AdamWUpdate.Settings SHOWS_SIZE = new AdamWUpdate.Settings(0, 0, 1e3, 0);

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static Parameter parameter(String name, NDArray values) {
        Parameter parameter =
                Parameter.builder().setName(name).setType(Parameter.Type.WEIGHT).build();
        parameter.setArray(values);
        values.setRequiresGradient(true);
        return parameter;
    }

    @ParameterizedTest
    @CsvSource({"FLOAT16, 100", "FLOAT32, 1e20", "FLOAT32, 1"})
    void recordedGradients(DataType type, double unit) {
        NDArray w = manager.zeros(new Shape(2), type);
        SgdUpdate update = new SgdUpdate(List.of(parameter("w", w)), 0);
        NDArray g = manager.create(new double[] {3 * unit, 4 * unit}).toType(type, false);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(w.mul(g).sum());
        }
        assertEquals(5 * unit, update.clip(1), 5e-3 * unit);
        update.step(1);
        assertArrayEquals(
                new double[] {-0.6, -0.8}, w.toType(DataType.FLOAT64, true).toDoubleArray(), 1e-3);
    }

    /**
     * One example of class 0 of two, whose vector is (v): with W = 0 the gradient of W is v (-1/2,
     * 1/2), and its norm v / sqrt(2).
     */
    @ParameterizedTest
    @CsvSource({"1e20", "1e-25", "10"})
    void fusedSteps(float v) {
        Parameter c = parameter("c", manager.full(new Shape(1, 1), v, DataType.FLOAT32));
        Parameter w = parameter("w", manager.zeros(new Shape(1, 2)));
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        parameters.put("c", c);
        parameters.put("w", w);
        List<FusedLayer> layers =
                List.of(
                        new FusedEmbedding(c.getArray()),
                        new FusedLinear(w.getArray(), null, false));
        try (AdamWUpdate update = new AdamWUpdate(manager, parameters, SHOWS_SIZE, p -> true)) {
            FusedStep step = Objects.requireNonNull(update.fused(1, layers, 1));
            NDArray x = manager.zeros(new Shape(1, 1, 1), DataType.INT64);
            NDArray y = manager.zeros(new Shape(1, 1), DataType.INT64);
            assertEquals(Math.log(2), step.run(x, y, new double[] {1e3})[0], 1e-6);
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
        SgdUpdate sgd = new SgdUpdate(parameters.values(), 0);
        AdamWUpdate.Settings settings = AdamWUpdate.Settings.PYTORCH.withWeightDecay(0);
        try (AdamWUpdate adamW = new AdamWUpdate(manager, parameters, settings, p -> true)) {
            for (ParameterUpdate update : List.of(sgd, adamW)) {
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    collector.backward(a.mul(3).sum());
                }
                assertEquals(3 * Math.sqrt(2), update.clip(10), 1e-6);
                update.step(0.1);
            }
        }
        // Gradient descent goes by 0.3, AdamW's first step by 0.1.
        assertArrayEquals(new float[] {0.6f, 0.6f}, a.toFloatArray(), 1e-6f);
        assertArrayEquals(new float[] {1, 1}, b.toFloatArray());
    }

    @Test
    void fusedStepsAreNotForHalves() {
        NDArray c = manager.ones(new Shape(2, 1), DataType.FLOAT16);
        Exception e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> FusedStep.sgd(1, List.of(new FusedEmbedding(c))));
        assertEquals(
                "fused steps take parameters of type float32 or float64, but one of shape (2, 1) is"
                        + " float16; train it with the gradients of the engine",
                e.getMessage());
    }
}
