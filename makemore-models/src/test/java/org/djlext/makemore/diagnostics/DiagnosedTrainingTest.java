/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.testing.LectureNames;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.testing.Golden;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;

/** What is seen of the deep network, against the lines of the lecture's notebook. */
class DiagnosedTrainingTest {

    private static final CharVocabulary LETTERS = CharVocabulary.LETTERS;
    private static final Pattern NUMBER = Pattern.compile("[-+]?\\d+\\.\\d+(e[-+]\\d+)?");

    @Test
    void theLinesOfMakemore3ComeOutAsPrintedThere() {
        JsonObject want = Golden.read("/golden/lecture_losses.json").getAsJsonObject("deep");
        try (NDManager manager = NDManager.newBaseManager()) {
            DiagnosedTraining training =
                    prepare(manager, Gradients.ENGINE, LectureNames.split().train());
            training.runTo(1000);
            Snapshot snapshot = training.snapshot();
            assertEquals(1000, snapshot.step());
            List<LayerStatistics> tanh = snapshot.layers("Tanh");
            assertEquals(
                    Golden.strings(want.get("activation")),
                    tanh.stream().map(LayerStatistics::activationLine).toList());
            assertLines(
                    Golden.strings(want.get("gradient")),
                    tanh.stream().map(LayerStatistics::gradientLine).toList());
            assertLines(
                    Golden.strings(want.get("weights")),
                    snapshot.weights().stream().map(WeightStatistics::line).toList());
            assertUpdateRatios(training, snapshot);
            assertEquals(1001, training.losses().size());
        }
    }

    @Test
    void gradientsByHandAreSeenLikeTheEngines() {
        List<String> names = List.of("emma", "olivia", "ava", "isabella", "sophia");
        try (NDManager manager = NDManager.newBaseManager()) {
            Snapshot engine = prepare(manager, Gradients.ENGINE, names).snapshot();
            Snapshot manual = prepare(manager, Gradients.MANUAL, names).snapshot();
            assertEquals(17, engine.layers().size());
            for (int i = 0; i < engine.layers().size(); i++) {
                LayerStatistics want = engine.layers().get(i);
                LayerStatistics got = manual.layers().get(i);
                assertEquals(i, got.number());
                assertEquals(want.layer(), got.layer());
                assertEquals(want.shape(), got.shape());
                assertEquals(want.values().std(), got.values().std(), 1e-5, got.layer());
                assertTrue(want.gradient().std() > 1e-4, want.gradientLine());
                assertEquals(1, got.gradient().std() / want.gradient().std(), 1e-4, got.layer());
            }
        }
    }

    @Test
    void lookingChangesNothing() {
        List<String> names = List.of("emma", "olivia", "ava", "isabella", "sophia");
        try (NDManager manager = NDManager.newBaseManager()) {
            DiagnosedTraining blind = prepare(manager, Gradients.ENGINE, names);
            blind.runTo(3);
            DiagnosedTraining looking = prepare(manager, Gradients.ENGINE, names);
            assertEquals(0, looking.snapshot().step());
            assertEquals(1, looking.snapshot().step());
            looking.runTo(3);
            assertEquals(blind.losses(), looking.losses());
            assertEquals(blind.updateRatios(1), looking.updateRatios(1));
        }
    }

    private static DiagnosedTraining prepare(
            NDManager manager, Gradients gradients, List<String> names) {
        RandomState.seed(2147483647L);
        ContextModel model = (ContextModel) ModelType.DEEP.defaults(LETTERS.size(), 15).model();
        model.initialize(manager, DataType.FLOAT32);
        TrainingLoop loop =
                new TrainingLoop(
                        manager,
                        model,
                        model.examples(names, LETTERS),
                        TrainingConfig.builder(0).gradients(gradients).build());
        return new DiagnosedTraining(model, loop);
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
}
