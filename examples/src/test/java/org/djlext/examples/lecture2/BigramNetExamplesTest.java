/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.examples.lecture1.Printed;
import org.djlext.examples.lecture2.CountsAndNet.Evened;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.model.BigramNet.Rows;
import org.djlext.makemore.train.Gradients;
import org.junit.jupiter.api.Test;

/** The second half of the lecture: the net. */
class BigramNetExamplesTest {

    private final Printed out = new Printed();

    private static BigramSettings steps(int steps, Rows rows, Gradients gradients) {
        return new BigramSettings(
                List.of(), 5, BigramSettings.SEED, steps, 50, 0.01, rows, gradients);
    }

    @Test
    void oneHotOfEmma() {
        OneHotInput.Result result = OneHotInput.run(out.output(), BigramSettings.lecture());
        assertEquals(List.of(0L, 5L, 13L, 13L, 1L), result.xs());
        assertEquals(List.of(5L, 13L, 13L, 1L, 0L), result.ys());
        assertEquals(DataType.FLOAT32, result.type());
        assertEquals(new Shape(5, 27), result.shape());
        assertEquals(new Shape(5, 14), result.guessed());
        assertEquals(new Shape(5, 1), result.oneNeuron());
        assertEquals(result.dot(), result.firing(), 1e-7);
    }

    @Test
    void emmaHasTheLecturesNumbers() {
        NetStepByStep.Result result = NetStepByStep.run(out.output(), BigramSettings.lecture());
        // PyTorch's, rounded.
        float[] p = {0.012286255f, 0.0180507f, 0.026691534f, 0.07367686f, 0.014977527f};
        for (int i = 0; i < p.length; i++) {
            assertEquals(p[i], result.probabilities().get(i), 1e-7);
        }
        assertEquals(3.7693050, result.byExample(), 1e-6);
        assertEquals(3.7693050, result.inOne(), 1e-6);
        assertEquals(3.37, result.otherSeed(), 0.01);
        assertEquals(new Shape(27, 27), result.gradientShape());
        assertEquals(0.0121344505, result.gradient(), 1e-8);
        assertEquals(2 * result.gradient(), result.accumulated(), 1e-8);
        assertEquals(3.7492127, result.losses().get(1), 1e-6);
        assertEquals(3.7291627, result.losses().get(2), 1e-6);
        assertTrue(result.refusal().contains("does not require grad"), result.refusal());
        assertTrue(out.text().contains("bigram 2: em (5, 13)\n"));
    }

    @Test
    void netReachesTheLecturesLossAndNames() {
        List<String> names = CountingExamplesTest.realNames();
        TrainingTheNet.Result result =
                TrainingTheNet.run(out.output(), names, steps(100, Rows.LOOK_UP, Gradients.ENGINE));
        assertEquals(3.7686186, result.losses().get(0), 1e-6);
        assertEquals(2.4899590, result.losses().get(100), 1e-6);
        assertEquals(2.4540145, result.counts(), 5e-8);
        assertEquals(
                List.of("mor.", "axx.", "minaymoryles.", "kondmaisah.", "anchthizarie."),
                result.sampled());
        assertEquals("kondlaisah.", result.sampledFromCounts().get(3));
    }

    @Test
    void everyWayOfTrainingIsTheSame() {
        List<String> names = Names.embedded();
        List<Float> want =
                TrainingTheNet.run(out.output(), names, steps(30, Rows.LOOK_UP, Gradients.ENGINE))
                        .losses();
        assertTrue(want.get(30) < want.get(0) - 1);
        for (Rows rows : Rows.values()) {
            List<Float> got =
                    TrainingTheNet.run(out.output(), names, steps(30, rows, Gradients.MANUAL))
                            .losses();
            for (int k = 0; k <= 30; k++) {
                assertEquals(want.get(k), got.get(k), 1e-5, rows + " step " + k);
            }
        }
    }

    @Test
    void netAndCountsAreOneModel() {
        List<String> all = Names.embedded();
        List<String> fewer =
                IntStream.range(0, all.size() / 5).mapToObj(i -> all.get(5 * i)).toList();
        CountsAndNet.Result result =
                CountsAndNet.run(out.output(), fewer, steps(200, Rows.LOOK_UP, Gradients.ENGINE));
        assertEquals(0, result.rowDifference());
        assertTrue(result.tableDifference() < 2e-3, "differ by " + result.tableDifference());
        double best = result.smoothed().get(0).loss();
        assertTrue(result.penalized().get(0).loss() > best, "no net of this kind beats the counts");
        assertEquals(best, result.penalized().get(0).loss(), 0.02);
        evensOut(result.penalized());
        evensOut(result.smoothed());
    }

    // More of it, a higher loss, and probabilities nearer to 1/27.
    private static void evensOut(List<Evened> models) {
        for (int i = 1; i < models.size(); i++) {
            assertTrue(models.get(i).loss() > models.get(i - 1).loss());
            assertTrue(models.get(i).likeliestStart() < models.get(i - 1).likeliestStart());
        }
        assertEquals(1.0 / 27, models.get(3).likeliestStart(), 0.003);
    }
}
