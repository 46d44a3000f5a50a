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
        NDArray rows =
                before.reshape(-1, before.getShape().getLastDimension())
                        .toType(DataType.FLOAT64, false);
        NDArray mean = rows.mean(new int[] {0});
        NDArray variance =
                rows.sub(mean).square().sum(new int[] {0}).div(rows.getShape().get(0) - 1);
        NDArray spread = type == ModelType.MLP_BN ? variance.sqrt() : variance;

        Calibration.calibrate(manager, model.layers(), examples);

        String name = type == ModelType.MLP_BN ? "running_std" : "running_var";
        assertArrayEquals(floats(mean), parameter(model, "running_mean"), 1e-5f);
        assertArrayEquals(floats(spread), parameter(model, name), 1e-4f);
    }

    private static float[] floats(NDArray array) {
        return array.toType(DataType.FLOAT32, false).toFloatArray();
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
