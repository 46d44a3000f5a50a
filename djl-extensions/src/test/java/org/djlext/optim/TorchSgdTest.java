/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * SGD against the recurrence of PyTorch's documentation, worked in plain arithmetic, and both
 * optimizers on arrays that do not lie row by row.
 */
class TorchSgdTest extends ArrayTest {

    private static double gradient(double w, int step) {
        return Math.sin(3 * w + step);
    }

    private static double byHand(double lr, double momentum, double decay) {
        double w = 0.7;
        double b = 0;
        for (int t = 1; t <= 10; t++) {
            // The rate changes, which shows whether it is inside of b.
            double rate = t > 5 ? lr / 10 : lr;
            double g = gradient(w, t) + decay * w;
            b = t == 1 ? g : momentum * b + g;
            w -= rate * b;
        }
        return w;
    }

    private double updates(double lr, double momentum, double decay) {
        try (TorchSgd sgd =
                TorchSgd.builder()
                        .optLearningRateTracker((id, t) -> (float) (t > 5 ? lr / 10 : lr))
                        .optMomentum(momentum)
                        .optWeightDecay(decay)
                        .build()) {
            NDArray w = manager.create(new double[] {0.7});
            for (int t = 1; t <= 10; t++) {
                NDArray g = manager.create(new double[] {gradient(w.getDouble(0), t)});
                sgd.update("w", w, g);
            }
            return w.getDouble(0);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 0.3", "0.9, 0", "0.9, 0.3"})
    void isTheRecurrence(double momentum, double decay) {
        // Rates are float in a tracker of DJL.
        assertEquals(byHand(0.1f, momentum, decay), updates(0.1f, momentum, decay), 1e-8);
    }

    @Test
    void restoredItIsAtTheRateWhereItWas() {
        float lr = 0.1f;
        Parameter w = Parameter.builder().setName("w").setType(Parameter.Type.WEIGHT).build();
        w.setArray(manager.create(new double[] {0.7}));
        Map<String, Parameter> parameters = Map.of("w", w);
        Map<String, NDArray> state = new LinkedHashMap<>();
        for (int t = 1; t <= 10; t++) { // each update by an optimizer of its own
            TorchSgd.Builder builder = TorchSgd.builder().optMomentum(0.9);
            builder.optLearningRateTracker((id, n) -> n > 5 ? lr / 10 : lr);
            try (TorchSgd sgd = builder.build()) {
                if (!state.isEmpty()) {
                    sgd.restore(parameters, state);
                }
                double g = gradient(w.getArray().getDouble(0), t);
                sgd.update(w.getId(), w.getArray(), manager.create(new double[] {g}));
                sgd.state(parameters).forEach((key, kept) -> state.put(key, kept.duplicate()));
            }
        }
        assertEquals(byHand(lr, 0.9, 0), w.getArray().getDouble(0), 1e-8);
    }

    @Test
    void transposedGradient() {
        try (TorchAdamW adamW = TorchAdamW.builder().optWeightDecays(0).build()) {
            NDArray rows = manager.create(new float[] {1, -2, 3, -4, 5, -6}, new Shape(2, 3));
            NDArray w = manager.zeros(new Shape(3, 2));
            adamW.update("w", w, rows.transpose());
            // The first update moves each number by the learning rate against its gradient's sign.
            float[] expected = {-1e-3f, 1e-3f, 1e-3f, -1e-3f, -1e-3f, 1e-3f};
            assertArrayEquals(expected, w.toFloatArray(), 1e-8f);
            float[] mean = Objects.requireNonNull(adamW.stateOf("w", w).get("mean")).toFloatArray();
            assertArrayEquals(new float[] {0.1f, -0.4f, -0.2f, 0.5f, 0.3f, -0.6f}, mean, 1e-6f);
        }
    }

    @Test
    void transposedWeightIsRefused() {
        try (TorchAdamW adamW = TorchAdamW.builder().build();
                TorchSgd sgd = TorchSgd.builder().optLearningRate(0.5).build()) {
            NDArray w = manager.zeros(new Shape(2, 3)).transpose();
            NDArray g = manager.ones(new Shape(3, 2));
            assertRefused(
                    "TorchAdamW must update an array that lies in memory row by row, got a"
                            + " transposed or sliced one of shape (3, 2); try"
                            + " array.flatten().reshape(array.getShape())",
                    () -> adamW.update("w", w, g));
            NDArray dense = w.flatten().reshape(w.getShape());
            adamW.update("dense", dense, g);
            sgd.update("w", w, g);
            assertEquals(-0.5f, w.getFloat(2, 1));
        }
    }
}
