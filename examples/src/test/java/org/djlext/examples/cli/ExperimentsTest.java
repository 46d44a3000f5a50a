/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Printed;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.train.Gradients;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The experiments on the embedded names, held against what the lectures say of theirs. */
class ExperimentsTest {

    private final Path folder;

    ExperimentsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private Printed run(Experiment experiment) {
        return run(experiment, null, null, Gradients.ENGINE);
    }

    private Printed run(Experiment experiment, int steps) {
        return run(experiment, steps, null, Gradients.ENGINE);
    }

    private Printed run(
            Experiment experiment,
            @Nullable Integer steps,
            @Nullable Double gain,
            Gradients gradients) {
        Printed out = new Printed(folder);
        Lab.Choices choices = new Lab.Choices(steps, null, gain, null, gradients);
        try (NDManager manager = NDManager.newBaseManager()) {
            experiment.lab().run(out, manager, NamesCorpus.of(Names.embedded()), choices);
        }
        return out;
    }

    private void assertPictures(String... names) throws IOException {
        for (String name : names) {
            assertTrue(Files.size(folder.resolve(name + ".png")) > 1000, name);
        }
    }

    /** Returns the numbers behind a word in the first lines about layers of a kind. */
    private static List<Double> layers(Printed out, String kind, String word) {
        return Pattern.compile("layer +\\d+ \\( *" + kind + "\\).*" + word + ":? +([-+0-9.e]+)")
                .matcher(out.text())
                .results()
                .map(match -> Double.valueOf(match.group(1)))
                .limit(5)
                .toList();
    }

    @Test
    void theFirstLayerIsTheMostSaturatedAndTheRestSettles() throws IOException {
        Printed out = run(Experiment.KAIMING, 30);
        // "fairly saturated here at 20%", then "roughly 5%" and "0.65".
        List<Double> saturated = layers(out, "Tanh", "saturated");
        assertEquals(20, saturated.get(0), 3);
        assertEquals(6, saturated.get(4), 2);
        assertEquals(0.65, layers(out, "Tanh", "std").get(4), 0.03);
        assertContains(out.text(), "\nstep 30, loss ");
        // The last layer learns about ten times as fast as the others.
        assertTrue(out.number("6 (100, 27) ") > out.number("3 (100, 100) ") + 0.7, out.text());
        assertPictures("activations-step0", "gradients-step30", "weights-step30", "updates");
    }

    @ParameterizedTest
    @CsvSource({"0.2", "1"})
    void batchNormMakesActivationsAlikeWhateverTheGain(double gain) {
        Printed out = run(Experiment.BATCH_NORM, 1, gain, Gradients.ENGINE);
        List<Double> stds = layers(out, "Tanh", "std");
        assertEquals(5, stds.size());
        stds.forEach(std -> assertEquals(0.63, std, 0.02, out.text()));
        layers(out, "Tanh", "saturated").forEach(part -> assertEquals(2.5, part, 1.5));
    }

    @Test
    void ratesThatAreTooLowShowInTheUpdates() {
        assertTrue(run(Experiment.LOW_RATE, 20).number("3 (100, 100) ") < -4.5);
        assertTrue(run(Experiment.BATCH_NORM_NO_FAN_IN, 20).number("3 (100, 100) ") < -3.5);
    }

    @Test
    void withoutTanhTheGainOfTanhIsTooMuch() {
        Printed out = run(Experiment.LINEAR_ONLY, 50);
        List<Double> stds = layers(out, "Linear", "std");
        assertTrue(stds.get(4) > 5 * stds.get(0), out.text());
        assertContains(out.text(), "try a lower learning rate");
        assertFalse(out.text().contains("dev loss"));
        Printed right = run(Experiment.LINEAR_ONLY, 5, 1.0, Gradients.ENGINE);
        assertEquals(1, layers(right, "Linear", "std").get(4), 0.1);
        assertContains(right.text(), "dev loss");
    }

    @Test
    void theHockeyStickGoesWithSmallOutputWeights() throws IOException {
        Printed out = run(Experiment.HOCKEY_STICK, 50);
        assertEquals(3.2958, out.number("guessing among 27"), 1e-4);
        // "27", "4.2", "3.32"; and with equal logits it is guessing.
        assertEquals(27, out.number("W2 * 1.0           first loss"), 1);
        assertEquals(4.2, out.number("W2 * 0.1  b2 * 0 "), 0.15);
        assertEquals(3.32, out.number("W2 * 0.01 b2 * 0 "), 0.02);
        assertEquals(3.2958, out.number("W2 * 0.0  b2 * 0 "), 1e-4);
        assertPictures("loss");
    }

    @ParameterizedTest
    @CsvSource({
        // 30 normal inputs times normal weights of a scale have the std sqrt(30) times that; then
        // erfc(atanh(0.99) / std / sqrt(2)) are beyond, and 1 - tanh^2 has this mean.
        "1.0, 0.6289, 0.1437",
        "0.1, 1.4e-6, 0.8027",
        "0.2, 0.0157, 0.5724"
    })
    void smallerHiddenWeightsSaturateLess(double scale, double beyond, double derivative)
            throws IOException {
        Printed out = run(Experiment.SATURATION);
        List<Double> row = out.numbers("W1 * " + scale + ": preactivations");
        double std = Math.sqrt(30) * scale;
        assertEquals(std, row.get(3), 0.05 * std);
        // 32 rows of 200 units, alike as far as rows share characters.
        assertEquals(100 * beyond, row.get(4), 2e-3 + 20 * beyond);
        assertEquals(derivative, row.get(6), 0.05 * derivative);
        assertPictures("saturated-" + scale, "preactivations");
    }

    @Test
    void gradientsOfLogitsSumUpToNothing() throws IOException {
        assertEquals(0, run(Experiment.DLOGITS).number("sum up to"), 1e-7);
        assertPictures("argmax", "dlogits");
    }

    /** The last numbers of lines, and what they should be, by mathematics and in the lectures. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "STD | 'w * 1 ' | 3.16 | 0.1", // "three", "15", "0.6", and 1
                "STD | w * 5 | 15.8 | 0.5",
                "STD | w * 0.2 | 0.63 | 0.02",
                "STD | w * 1/sqrt(10) | 1 | 0.03",
                "STD | tanh   gain 1.667 | 0.65 | 0.02",
                "STD | relu   gain 1.414 | 1 | 0.5",
                "STD | relu   gain 1.000 | 0.05 | 0.05",
                "ONE_HOT | largest difference | 0 | 0",
                "OVERFLOW | cross entropy of -2 -3 0 100 | 100 | 1e-4",
                "SLIDING_TREE | as a batch: | 0 | 1e-5",
                "SLIDING_TREE | as a slid tree: | 0 | 1e-5",
            })
    void numbersAreTheLectures(Experiment experiment, String line, double value, double tolerance) {
        assertEquals(value, run(experiment).number(line), tolerance);
    }

    /** Lines of experiments that print what can be said beforehand. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FOUR_CLASSES | 0 0 0 0 +1.3863",
                "FOUR_CLASSES | 0 0 5 0 +0.0200",
                "FOUR_CLASSES | 0 5 0 0 +5.0200",
                "FOUR_CLASSES | randn \\* 100 .*Infinity.*",
                "OVERFLOW | -2 -3 0 100 +\\[0.0, 0.0, 0.0, NaN\\]",
                "OVERFLOW | -2 -3 0 100, less 100 .* 1.0\\]",
                "SHAPES | tree, 170,897 parameters",
                "SHAPES | .* \\(4, 2, 400\\)",
                "SHAPES | .* \\(4, 80\\)",
                "SLIDING_TREE | [a-z]{7} has 8 contexts of 8 characters",
                "SLIDING_TREE | as a batch: +56 nodes, .*",
                "SLIDING_TREE | as a slid tree: 34 nodes, .*",
                "NONLINEARITIES | relu +0.0000   0.0000   0.0000   1.0000   1.0000",
                "NONLINEARITIES | sigmoid .* 0.2500 .*",
                "NONLINEARITIES | tanh .* 1.0000   0.0707 .*",
                "NONLINEARITIES | leaky relu +0.0100 .*",
                "NONLINEARITIES | elu +0.0067   0.1353 .*",
            })
    void linesAreTheLectures(Experiment experiment, String line) {
        Printed out = run(experiment);
        assertTrue(
                out.text().matches("(?s)(.*\n)?(  )?" + line.replace(".*", "[^\n]*") + "\n.*"),
                out.text());
    }

    @Test
    void viewsAreWhatTheyAreSaidToBe() {
        List<Object> facts =
                run(Experiment.CONCATENATION).values("").filter(Boolean.class::isInstance).toList();
        assertEquals(List.of(true, true, true, true, true, true), facts);
    }

    @ParameterizedTest
    @EnumSource
    void oneBatchIsLearntByHeartButForItsFirstLetters(Gradients gradients) {
        Printed out = run(Experiment.ONE_BATCH, null, null, gradients);
        // PyTorch's, from the same seed.
        List<Double> numbers = out.numbers("parameters, 32 examples: loss");
        assertEquals(17.769712, numbers.get(2), 1e-4);
        assertEquals(0.25614613, numbers.get(4), 2e-4);
        // "..." comes five times and has five answers, among which it is a tie.
        assertEquals(28, numbers.get(5));
        List<String> wrong = out.text().lines().filter(l -> l.contains("predicted")).toList();
        assertTrue(wrong.stream().allMatch(line -> line.startsWith("... --->")), out.text());
    }

    @Test
    void smallBatchesPointRoughlyWhereAllDo() {
        Printed out = run(Experiment.MINI_BATCHES, 300);
        double small = out.number("    32 examples and all of them");
        assertTrue(small > 0.5 && small < 0.99);
        assertTrue(out.number("  3200 examples and all of them") > 0.99);
        assertTrue(out.number("on 32 examples") < out.number("on all examples") - 2);
    }

    @Test
    void batchNormOverTheWrongAxesHasAMeanForEachPosition() {
        Printed out = run(Experiment.BATCH_NORM_3D, 10);
        assertContains(
                out.text(), "running mean (4, 68) from  32", "running mean (68)    from 128");
        out.text().lines().forEach(line -> assertTrue(out.number(line) < 3.3, line));
    }

    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void factsOfBatchNorm(Gradients gradients) {
        Printed out = run(Experiment.BATCH_NORM_FACTS, null, null, gradients);
        assertTrue(out.number("outputs differ by") > 0.01);
        List<Double> largest = out.numbers("largest gradient of the weights");
        assertTrue(largest.get(0) > 0.1);
        assertEquals(0, largest.get(1), 1e-5);
        assertTrue(Double.isNaN(out.number("by the lecture's formula")));
        assertContains(out.text(), "at least 2 values a channel");
        assertTrue(Double.isFinite(out.number("in evaluation mode")));
    }

    @Test
    void calibratedStatisticsAreAlikeButNotTheSame() {
        Printed out = run(Experiment.CALIBRATION, 2000);
        out.numbers("largest difference of all units")
                .forEach(difference -> assertTrue(difference > 0.001 && difference < 1));
        List<Double> dev = out.numbers("dev loss: running");
        assertEquals(dev.get(1), dev.get(0), 0.05);
    }
}
