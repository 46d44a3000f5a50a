/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batch norm at the end of training: calibrated on all data; and what it needs in training. */
class CalibrationTest extends ArrayTest {

    private static final CharVocabulary LETTERS = CharVocabulary.LETTERS;
    private static final int NORM = 3;

    private ContextModel draw(ModelType type) {
        RandomState.seed(2147483647L);
        ContextModel model = (ContextModel) type.defaults(LETTERS.size(), 15).model();
        model.initialize(manager, DataType.FLOAT32);
        return model;
    }

    @ParameterizedTest
    @EnumSource(
            value = ModelType.class,
            names = {"MLP_BN", "WAVENET"})
    void theStatisticsAreThoseOfAllExamples(ModelType type) {
        ContextModel model = draw(type);
        Examples examples = model.examples(List.of("emma", "olivia", "ava", "isabella"), LETTERS);
        // What comes before the first batch norm, which calibration does not change.
        List<NDArray> outputs = new ArrayList<>();
        model.layers().observe((index, layer, output) -> outputs.add(output));
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            NDArray x = examples.slice(manager, 0, examples.size()).x();
            model.call(new ParameterStore(manager, false), x, false);
        }
        model.layers().observe(null);
        NDArray before = outputs.get(NORM - 1);
        int channels = (int) before.getShape().getLastDimension();
        float[] values = before.toFloatArray();
        float[] means = new float[channels];
        float[] spreads = new float[channels];
        int rows = values.length / channels;
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int r = 0; r < rows; r++) {
                sum += values[r * channels + c];
            }
            double squares = 0;
            for (int r = 0; r < rows; r++) {
                squares += Math.pow(values[r * channels + c] - sum / rows, 2);
            }
            double variance = squares / (rows - 1);
            means[c] = (float) (sum / rows);
            spreads[c] = (float) (type == ModelType.MLP_BN ? Math.sqrt(variance) : variance);
        }

        Calibration.calibrate(manager, model.layers(), examples);

        String spread = type == ModelType.MLP_BN ? "running_std" : "running_var";
        assertArrayEquals(means, parameter(model, "running_mean"), 1e-5f);
        assertArrayEquals(spreads, parameter(model, spread), 1e-4f);
    }

    @Test
    void oneRowHasNoVariance() {
        ContextModel model = draw(ModelType.MLP_BN);
        assertRefused(
                "calibration needs at least 2 rows of each batch norm's input, but has 1; give more"
                        + " examples",
                () ->
                        Calibration.calibrate(
                                manager, model.layers(), model.examples(List.of(""), LETTERS)));
    }

    private static float[] parameter(ContextModel model, String name) {
        String full = "layers." + NORM + "." + name;
        return Objects.requireNonNull(ParameterNames.of(model).get(full), full)
                .getArray()
                .toFloatArray();
    }
}
