/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.torch.ops.Reductions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CalibrationTest {

    // The first batch norm of each model, and its input: the output of the layer before.
    @ParameterizedTest
    @CsvSource({"MLP_BN, 3, running_std", "DEEP, 3, running_var", "WAVENET, 3, running_var"})
    void statisticsAreThoseOfAllExamples(ModelType type, int place, String spread) {
        try (NDManager manager = NDManager.newBaseManager();
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            new TorchGenerator(3);
            CharVocabulary letters = CharVocabulary.LETTERS;
            ContextModel model =
                    (ContextModel) type.defaults(letters.size(), 15).model(Gradients.ENGINE);
            model.initialize(manager, DataType.FLOAT32);
            List<String> names = Names.embedded().subList(0, 600);
            Examples examples = Examples.of(manager, model, names, letters);
            assertTrue(examples.size() > 2048, "more than one chunk");
            double before = Evaluation.loss(manager, model, examples);
            Calibration.calibrate(manager, model.layers(), examples);

            ParameterStore store = new ParameterStore(manager, false);
            NDArray x = examples.slice(manager, 0, examples.size()).x();
            for (int i = 0; i < place; i++) {
                x = model.layers().layers().get(i).call(store, x, false);
            }
            NDArray rows = x.reshape(-1, x.getShape().getLastDimension());
            NDArray mean = rows.mean(new int[] {0});
            NDArray var = Reductions.var(rows, new int[] {0}, 1, false);
            Map<String, Parameter> parameters = ParameterNames.of(model);
            String prefix = "layers." + place + ".";
            Tolerance tolerance = new Tolerance(1e-4, 1e-5);
            assertClose(mean, parameters, prefix + "running_mean", tolerance);
            NDArray want = spread.equals("running_std") ? var.sqrt() : var;
            assertClose(want, parameters, prefix + spread, tolerance);
            double after = Evaluation.loss(manager, model, examples);
            assertFalse(Double.isNaN(after));
            // Calibrated outputs have the scale that the next layers were made for.
            assertEquals(Math.log(letters.size()), after, 0.2, before + " before");
        }
    }

    private static void assertClose(
            NDArray want, Map<String, Parameter> parameters, String name, Tolerance tolerance) {
        NDArray got = Objects.requireNonNull(parameters.get(name), name).getArray();
        GradientComparison comparison = GradientComparison.of(name, got, want, tolerance);
        assertTrue(comparison.approximate(), comparison.toString());
    }
}
