/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.lecture3.Concatenation;
import org.djlext.examples.lecture3.MiniBatches;
import org.djlext.examples.lecture3.OneBatch;
import org.djlext.examples.lecture3.OneHotRows;
import org.djlext.examples.lecture3.SoftmaxOverflow;
import org.djlext.examples.lecture4.BatchNormFacts;
import org.djlext.examples.lecture4.BatchNormStatistics;
import org.djlext.examples.lecture4.DeepNetwork;
import org.djlext.examples.lecture4.FourClasses;
import org.djlext.examples.lecture4.HockeyStick;
import org.djlext.examples.lecture4.Nonlinearities;
import org.djlext.examples.lecture4.SaturatedTanh;
import org.djlext.examples.lecture4.SignalScales;
import org.djlext.examples.lecture5.LogitGradients;
import org.djlext.examples.lecture6.BatchNormAxes;
import org.djlext.examples.lecture6.LayerShapes;
import org.djlext.examples.lecture6.SlidingTree;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.diagnostics.LayerShape;
import org.djlext.makemore.diagnostics.LayerStatistics;
import org.djlext.makemore.train.Gradients;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The experiments on the embedded names, held against what the lectures say of theirs. */
@SuppressWarnings("NullAway.Init") // JUnit sets the folder
class ExperimentsTest {

    @TempDir Path folder;

    private final NDManager manager = NDManager.newBaseManager();
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @AfterEach
    void close() {
        manager.close();
    }

    private Lab lab(int steps) {
        return lab(new Lab.Choices(steps, null, null, null, Gradients.ENGINE));
    }

    private Lab lab(Lab.Choices choices) {
        PrintStream stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
        return new Lab(
                new Output(stream, folder), manager, NamesCorpus.of(Names.embedded()), choices);
    }

    private void assertPictures(String... names) throws IOException {
        for (String name : names) {
            assertTrue(Files.size(folder.resolve(name + ".png")) > 1000, name);
        }
    }

    @Test
    void theFirstLayerIsTheMostSaturatedAndTheRestSettles() throws IOException {
        DeepNetwork.Result result = DeepNetwork.run(lab(30), DeepNetwork.Variant.KAIMING);
        // "fairly saturated here at 20%", then "roughly 5%" and "0.65".
        List<LayerStatistics> tanh = result.first().layers("Tanh");
        assertEquals(5, tanh.size());
        assertEquals(0.2, tanh.get(0).saturated(), 0.03);
        assertEquals(0.06, tanh.get(4).saturated(), 0.02);
        assertEquals(0.65, tanh.get(4).values().std(), 0.03);
        assertEquals(30, Objects.requireNonNull(result.last()).step());
        assertEquals(31, result.losses().size());
        // The last layer learns about ten times as fast as the others.
        assertTrue(last(result, "6 (100, 27)") > last(result, "3 (100, 100)") + 0.7);
        assertPictures("activations-step0", "gradients-step30", "weights-step30", "updates");
    }

    @Test
    void batchNormMakesActivationsAlikeWhateverTheGain() {
        for (double gain : new double[] {0.2, 1}) {
            Lab lab = lab(new Lab.Choices(1, null, gain, null, Gradients.ENGINE));
            DeepNetwork.Result result = DeepNetwork.run(lab, DeepNetwork.Variant.BATCH_NORM);
            assertEquals(5, result.first().layers("Tanh").size());
            for (LayerStatistics layer : result.first().layers("Tanh")) {
                assertEquals(0.63, layer.values().std(), 0.02, layer.activationLine());
                assertEquals(0.025, layer.saturated(), 0.015, layer.activationLine());
            }
        }
    }

    @Test
    void ratesThatAreTooLowShowInTheUpdates() {
        DeepNetwork.Result low = DeepNetwork.run(lab(20), DeepNetwork.Variant.LOW_RATE);
        assertTrue(last(low, "3 (100, 100)") < -4.5);
        DeepNetwork.Result norm =
                DeepNetwork.run(lab(20), DeepNetwork.Variant.BATCH_NORM_NO_FAN_IN);
        assertTrue(last(norm, "3 (100, 100)") < -3.5);
    }

    private static double last(DeepNetwork.Result result, String matrix) {
        List<Double> ratios = Objects.requireNonNull(result.ratios().get(matrix), matrix);
        return ratios.get(ratios.size() - 1);
    }

    @Test
    void withoutTanhTheGainOfTanhIsTooMuch() {
        DeepNetwork.Result result = DeepNetwork.run(lab(50), DeepNetwork.Variant.LINEAR_ONLY);
        List<LayerStatistics> linear = result.first().layers("Linear");
        assertTrue(linear.get(4).values().std() > 5 * linear.get(0).values().std());
        assertNull(result.last());
        assertTrue(printed.toString(StandardCharsets.UTF_8).contains("try a lower learning rate"));
        Lab lab = lab(new Lab.Choices(5, null, 1.0, null, Gradients.ENGINE));
        DeepNetwork.Result right = DeepNetwork.run(lab, DeepNetwork.Variant.LINEAR_ONLY);
        assertEquals(1, right.first().layers("Linear").get(4).values().std(), 0.1);
        assertNotNull(right.last());
    }

    @Test
    void theHockeyStickGoesWithSmallOutputWeights() throws IOException {
        HockeyStick.Result result = HockeyStick.run(lab(50));
        Map<Double, Float> first = result.first();
        assertEquals(3.2958, result.guessing(), 1e-4);
        // "27", "4.2", "3.32"; and with equal logits it is guessing.
        assertEquals(27, first.getOrDefault(1.0, 0f), 1);
        assertEquals(4.2, first.getOrDefault(0.1, 0f), 0.15);
        assertEquals(3.32, first.getOrDefault(0.01, 0f), 0.02);
        assertEquals(3.2958, first.getOrDefault(0.0, 0f), 1e-4);
        assertEquals(50, result.before().size());
        assertEquals(first.get(0.01), result.after().get(0));
        assertPictures("loss");
    }

    @Test
    void smallerHiddenWeightsSaturateLess() throws IOException {
        List<SaturatedTanh.Row> rows = SaturatedTanh.run(lab(Lab.Choices.NONE));
        // 30 normal inputs times normal weights of a scale have the std sqrt(30) times that; then
        // erfc(atanh(0.99) / std / sqrt(2)) are beyond, and 1 - tanh^2 has this mean.
        double[] scales = {1, 0.1, 0.2};
        double[] beyond = {0.6289, 1.4e-6, 0.0157};
        double[] derivatives = {0.1437, 0.8027, 0.5724};
        for (int i = 0; i < scales.length; i++) {
            SaturatedTanh.Row row = rows.get(i);
            double std = Math.sqrt(30) * scales[i];
            assertEquals(std, row.preactivations().std(), 0.05 * std);
            // 32 rows of 200 units, alike as far as rows share characters.
            assertEquals(beyond[i], row.saturated(), 2e-5 + 0.2 * beyond[i]);
            assertEquals(derivatives[i], row.derivative(), 0.05 * derivatives[i]);
        }
        assertPictures("saturated-1.0", "saturated-0.1", "saturated-0.2", "preactivations");
    }

    @Test
    void aMatrixScalesByTheRootOfTheFanIn() {
        SignalScales.Result result = SignalScales.run(lab(Lab.Choices.NONE));
        // "three", "15", "0.6", and 1.
        assertEquals(3.16, result.product().getOrDefault("1", 0.0), 0.1);
        assertEquals(15.8, result.product().getOrDefault("5", 0.0), 0.5);
        assertEquals(0.63, result.product().getOrDefault("0.2", 0.0), 0.02);
        assertEquals(1, result.product().getOrDefault("1/sqrt(10)", 0.0), 0.03);
        assertEquals(0.65, result.deep().getOrDefault("tanh 1.667", 0.0), 0.02);
        assertEquals(1, result.deep().getOrDefault("relu 1.414", 0.0), 0.5);
        assertTrue(result.deep().getOrDefault("relu 1.000", 1.0) < 0.1);
    }

    @Test
    void lossesOfFourClasses() {
        Map<String, List<Float>> losses = FourClasses.run(lab(Lab.Choices.NONE));
        assertEquals(List.of(1.3862944f), losses.get("0 0 0 0"));
        assertEquals(0.02f, losses.getOrDefault("0 0 5 0", List.of()).get(0), 1e-3f);
        assertEquals(5.02f, losses.getOrDefault("0 5 0 0", List.of()).get(0), 1e-3f);
        assertTrue(losses.getOrDefault("randn * 100", List.of()).contains(Float.POSITIVE_INFINITY));
    }

    @Test
    void softmaxOverflowsUnlessTheLargestIsTakenOff() {
        Map<String, NDArray> p = SoftmaxOverflow.run(lab(Lab.Choices.NONE));
        assertTrue(Float.isNaN(array(p, "-2 -3 0 100")[3]));
        assertEquals(1, array(p, "-2 -3 0 100, less 100")[3], 1e-6);
        assertArrayEquals(array(p, "-2 -3 0 5"), array(p, "-2 -3 0 5, less 5"), 1e-7f);
        assertEquals(100, array(p, "cross entropy")[0], 1e-4);
    }

    private static float[] array(Map<String, NDArray> arrays, String name) {
        return Objects.requireNonNull(arrays.get(name), name).toFloatArray();
    }

    @Test
    void viewsAndRowsAreWhatTheyAreSaidToBe() {
        assertEquals(0, OneHotRows.run(lab(Lab.Choices.NONE)));
        Map<String, Boolean> facts = Concatenation.run(lab(Lab.Choices.NONE));
        assertEquals(6, facts.size());
        assertFalse(facts.containsValue(false), facts.toString());
    }

    @ParameterizedTest
    @EnumSource(Gradients.class)
    void oneBatchIsLearntByHeartButForItsFirstLetters(Gradients gradients) {
        OneBatch.Result result =
                OneBatch.run(lab(new Lab.Choices(null, null, null, null, gradients)));
        // PyTorch's, from the same seed.
        assertEquals(17.769712, result.first(), 1e-4);
        assertEquals(0.25614613, result.last(), 2e-4);
        // "..." comes five times and has five answers, among which it is a tie.
        List<Integer> starts = List.of(0, 5, 12, 16, 25);
        Set<Long> guesses = new HashSet<>();
        Set<Long> answers = new HashSet<>();
        for (int i = 0; i < 32; i++) {
            if (starts.contains(i)) {
                guesses.add(result.predicted().get(i));
                answers.add(result.labels().get(i));
            } else {
                assertEquals(result.labels().get(i), result.predicted().get(i), "example " + i);
            }
        }
        assertEquals(1, guesses.size());
        assertTrue(answers.containsAll(guesses));
    }

    @Test
    void smallBatchesPointRoughlyWhereAllDo() {
        MiniBatches.Result result = MiniBatches.run(lab(300));
        double small = result.cosine().getOrDefault(32, 0.0);
        assertTrue(small > 0.5 && small < 0.99);
        assertTrue(result.cosine().getOrDefault(3200, 0.0) > 0.99);
        assertTrue(result.miniLoss() < result.fullLoss() - 2);
    }

    @Test
    void aTreeSlidOverANameComputesWhatItDoesForEachContext() {
        SlidingTree.Result result = SlidingTree.run(lab(Lab.Choices.NONE));
        assertEquals(7, result.name().length());
        assertEquals(0, result.batchDifference(), 1e-5);
        assertEquals(0, result.slidDifference(), 1e-5);
        assertEquals(8 * (4 + 2 + 1), result.nodes());
        assertEquals(14 + 12 + 8, result.shared());
    }

    @Test
    void shapesAreThoseOfTheLecture() {
        List<List<LayerShape>> shapes = LayerShapes.run(lab(Lab.Choices.NONE));
        assertEquals(
                List.of(
                        new Shape(4, 8, 10),
                        new Shape(4, 4, 20),
                        new Shape(4, 4, 200),
                        new Shape(4, 2, 400),
                        new Shape(4, 2, 200),
                        new Shape(4, 400),
                        new Shape(4, 200),
                        new Shape(4, 27)),
                shapes.get(1).stream().map(LayerShape::shape).distinct().toList());
        assertEquals(new Shape(4, 80), shapes.get(0).get(1).shape());
        assertTrue(printed.toString(StandardCharsets.UTF_8).contains("170,897"));
    }

    @Test
    void batchNormOverTheWrongAxesHasAMeanForEachPosition() {
        List<BatchNormAxes.Row> rows = BatchNormAxes.run(lab(10));
        assertEquals(new Shape(4, 68), rows.get(0).runningMean());
        assertEquals(new Shape(68), rows.get(1).runningMean());
        assertTrue(rows.stream().allMatch(row -> row.devLoss() < 3.3));
    }

    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void factsOfBatchNorm(Gradients gradients) {
        BatchNormFacts.Result result =
                BatchNormFacts.run(lab(new Lab.Choices(null, null, null, null, gradients)));
        assertTrue(result.jitter() > 0.01);
        assertEquals(0, result.biasGradient(), 1e-5);
        assertTrue(result.weightGradient() > 0.1);
        assertTrue(Float.isNaN(result.oneRow()));
        assertTrue(result.refusal().contains("at least 2 values a channel"));
        assertTrue(Float.isFinite(result.evaluated()));
    }

    @Test
    void calibratedStatisticsAreAlikeButNotTheSame() {
        Lab lab = lab(2000);
        BatchNormStatistics.Result result = BatchNormStatistics.run(lab);
        assertTrue(result.meanDifference() > 0.001 && result.meanDifference() < 1);
        assertTrue(result.deviationDifference() > 0.001 && result.deviationDifference() < 1);
        assertEquals(result.calibrated(), result.running(), 0.05);
    }

    @Test
    void gradientsOfLogitsPullAtTheLabelAndPushElsewhere() throws IOException {
        LogitGradients.Result result = LogitGradients.run(lab(Lab.Choices.NONE));
        assertEquals(0, result.rowSum(), 1e-7);
        assertTrue(result.labelGradient() < 0);
        assertPictures("argmax", "dlogits");
    }

    @Test
    void derivativesOfNonlinearities() {
        Map<String, List<Float>> d = Nonlinearities.run(lab(Lab.Choices.NONE));
        assertEquals(List.of(0f, 0f, 0f, 1f, 1f), d.get("relu"));
        List<Float> tanh = d.getOrDefault("tanh", List.of());
        assertEquals(1 - Math.pow(Math.tanh(2), 2), tanh.get(3), 1e-6);
        assertEquals(0.25, d.getOrDefault("sigmoid", List.of()).get(2), 1e-6);
        assertEquals(0.01, d.getOrDefault("leaky relu", List.of()).get(0), 1e-6);
        assertEquals(Math.exp(-2), d.getOrDefault("elu", List.of()).get(1), 1e-6);
    }
}
