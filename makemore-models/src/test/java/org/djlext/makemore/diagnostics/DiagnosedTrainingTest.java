/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.testing.Golden;
import org.djlext.makemore.testing.LectureNames;
import org.djlext.makemore.train.Examples;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.SgdUpdate;
import org.djlext.makemore.train.TrainingLoop;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DiagnosedTrainingTest {

    private static final CharVocabulary LETTERS = CharVocabulary.LETTERS;
    private static final Pattern NUMBER = Pattern.compile("[-+]?\\d+\\.\\d+(e[-+]\\d+)?");

    @ParameterizedTest
    @EnumSource(Gradients.class)
    void theLinesOfMakemore3ComeOutAsPrintedThere(Gradients gradients) {
        JsonObject want = Golden.read("/golden/lecture_losses.json").getAsJsonObject("deep");
        try (NDManager manager = NDManager.newBaseManager()) {
            new TorchGenerator(2147483647L);
            ContextModel model =
                    (ContextModel) ModelType.DEEP.defaults(LETTERS.size(), 15).model(gradients);
            model.initialize(manager, DataType.FLOAT32);
            Examples train = Examples.of(manager, model, LectureNames.split().train(), LETTERS);
            TrainingLoop loop =
                    new TrainingLoop(
                            manager,
                            model,
                            train,
                            new SgdUpdate(ParameterNames.trained(model).values(), 0),
                            new TrainingLoop.Settings(32, LearningRate.constant(0.1), 0));
            DiagnosedTraining training = new DiagnosedTraining(model, loop);
            training.runTo(1000);
            Snapshot snapshot = training.snapshot();
            assertEquals(1000, snapshot.step());
            List<LayerStatistics> tanh = snapshot.layers("Tanh");
            assertEquals(
                    strings(want, "activation"),
                    tanh.stream().map(LayerStatistics::activationLine).toList());
            assertLines(
                    strings(want, "gradient"),
                    tanh.stream().map(LayerStatistics::gradientLine).toList());
            assertLines(
                    strings(want, "weights"),
                    snapshot.weights().stream().map(WeightStatistics::line).toList());
            assertUpdateRatios(training, snapshot);
            assertEquals(1001, training.losses().size());
        }
    }

    // At the step that was looked at, the ratio is 0.1 times that of the gradient.
    private static void assertUpdateRatios(DiagnosedTraining training, Snapshot snapshot) {
        for (int i = 0; i < training.names().size(); i++) {
            WeightStatistics weight = snapshot.weights().get(i);
            assertEquals(training.names().get(i), weight.name());
            assertEquals(
                    Math.log10(0.1 * weight.ratio()),
                    training.updateRatios(i).get(1000),
                    1e-5,
                    weight.name());
        }
    }

    // The words are the same; numbers printed with seven digits after 1,001 steps differ in the
    // last ones, as those of two versions of PyTorch do.
    private static void assertLines(List<String> want, List<String> got) {
        assertEquals(
                want.stream().map(line -> NUMBER.matcher(line).replaceAll("#")).toList(),
                got.stream().map(line -> NUMBER.matcher(line).replaceAll("#")).toList());
        for (int i = 0; i < want.size(); i++) {
            List<Double> expected = numbers(want.get(i));
            List<Double> actual = numbers(got.get(i));
            assertEquals(expected.size(), actual.size());
            for (int k = 0; k < expected.size(); k++) {
                double tolerance = Math.max(2e-6, 1e-3 * Math.abs(expected.get(k)));
                assertEquals(expected.get(k), actual.get(k), tolerance, got.get(i));
            }
        }
    }

    private static List<Double> numbers(String line) {
        return NUMBER.matcher(line).results().map(MatchResult::group).map(Double::valueOf).toList();
    }

    private static List<String> strings(JsonObject object, String name) {
        return object.getAsJsonArray(name).asList().stream().map(JsonElement::getAsString).toList();
    }
}
