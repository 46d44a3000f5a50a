/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelHistogramsTest extends ArrayTest {

    private static final int VOCABULARY = 27;
    private static final int BATCH = 32;

    private static List<float[]> values(ContextModel model) {
        List<float[]> values = new ArrayList<>();
        for (Parameter parameter : ParameterNames.of(model).values()) {
            values.add(parameter.getArray().toFloatArray());
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void gradientsAreThoseOfTheEnginesBackwardAndNothingIsLeftBehind(Gradients gradients) {
        TorchGenerator generator = new TorchGenerator(7);
        ContextModel model = (ContextModel) ModelType.MLP_BN.defaults(VOCABULARY, 0).model();
        generator.stream().run(() -> model.initialize(manager, DataType.FLOAT32));
        NDArray x =
                manager.create(generator.randint(manager, VOCABULARY, BATCH * 3)).reshape(BATCH, 3);
        NDArray y = manager.create(generator.randint(manager, VOCABULARY, BATCH));
        List<float[]> before = values(model);
        ModelHistograms seen = ModelHistograms.of(manager, model, model::loss, x, y, true);
        List<float[]> after = values(model);
        for (int i = 0; i < before.size(); i++) {
            assertArrayEquals(before.get(i), after.get(i));
        }
        assertEquals(List.of("layer 4 Tanh", "logits"), List.copyOf(seen.activations().keySet()));

        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(
                    model.loss(model.call(new ParameterStore(manager, false), x, true), y));
        }
        Map<String, NDArray> weights = ModelHistograms.matrices(model);
        assertEquals(3, weights.size());
        weights.forEach(
                (name, weight) -> {
                    Distribution expected = ModelHistograms.describe(Autograd.gradient(weight));
                    Distribution gradient =
                            Objects.requireNonNull(seen.weightGradients().get(name));
                    assertEquals(expected.std(), gradient.std(), 1e-5 * expected.std());
                    assertEquals(expected.mean(), gradient.mean(), 1e-4 * expected.std());
                });
    }

    @Test
    void updateRatiosAreThoseOfTheDefinition() {
        NDArray w = manager.create(new float[] {1, 2, 3, 4});
        NDArray still = manager.create(new float[] {1, 5});
        try (UpdateRatios ratios = new UpdateRatios(manager, Map.of("w", w, "still", still))) {
            assertTrue(ratios.after().isEmpty(), "nothing was remembered");
            ratios.before();
            w.addi(manager.create(new float[] {0.5f, -0.5f, 0.25f, 0}));
            Map<String, Double> found = ratios.after();
            // In NumPy: np.log10(np.std(d, ddof=1) / np.std(w + d, ddof=1)).
            double[] d = {0.5, -0.5, 0.25, 0};
            double[] v = {1.5, 1.5, 3.25, 4};
            assertEquals(Math.log10(std(d) / std(v)), Objects.requireNonNull(found.get("w")), 1e-6);
            assertEquals(Double.NEGATIVE_INFINITY, found.get("still"));
            assertTrue(ratios.after().isEmpty(), "each is measured once");
        }
    }

    private static double std(double... numbers) {
        double mean = 0;
        for (double number : numbers) {
            mean += number / numbers.length;
        }
        double sum = 0;
        for (double number : numbers) {
            sum += (number - mean) * (number - mean);
        }
        return Math.sqrt(sum / (numbers.length - 1));
    }
}
