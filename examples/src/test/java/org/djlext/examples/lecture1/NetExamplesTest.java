/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture1.MoonsDemo.Objective;
import org.djlext.examples.lecture1.MoonsDemo.Settings;
import org.djlext.makemore.data.PythonRandom;
import org.junit.jupiter.api.Test;

/** The second half of the lecture: nets, compared with DJL and with published losses. */
class NetExamplesTest {

    private final Printed out = new Printed();

    @Test
    void fourExamplesAreLearntAsDjlLearnsThem() {
        FourExamples.Result result = FourExamples.run(out.output());
        assertEquals(41, result.parameters());
        assertClose(trainInDjl(3, 5, 0.01, true), result.byHand());
        assertClose(trainInDjl(3, 20, 0.05, true), result.losses());
        assertTrue(result.losses().get(19) < 0.04);
        double[] targets = {1, -1, -1, 1};
        for (int i = 0; i < 4; i++) {
            assertEquals(targets[i], result.predictions().get(i), 0.2);
        }
    }

    @Test
    void forgottenGradientsPileUpAsInDjl() {
        FourExamples.Result result = FourExamples.run(out.output());
        List<Double> djl = trainInDjl(3, 20, 0.05, false);
        assertClose(djl, result.forgotten());
        assertTrue(result.forgotten().get(19) < 1e-8, "the mistake seems to pay here");
        assertTrue(result.forgottenElsewhere().get(19) > 3, "and does not pay there");
    }

    @Test
    void largeStepsOvershoot() {
        Overshoot.Result result = Overshoot.run(out.output());
        assertTrue(result.explodes().get(1) > 2 * result.explodes().get(0));
        assertTrue(result.explodes().get(2) < 1e-4);
        assertTrue(result.lost().get(3) > 7);
        assertTrue(result.lands().get(3) < 7e-9);
    }

    // The net as three matrix products in float64. A row of a matrix is a neuron: its weights and
    // its bias, in the order in which they are drawn.
    private static List<Double> trainInDjl(
            long seed, int steps, double learningRate, boolean zeroGrad) {
        try (NDManager manager = NDManager.newBaseManager()) {
            PythonRandom random = new PythonRandom(seed);
            List<NDArray> layers = new ArrayList<>();
            int[] sizes = {3, 4, 4, 1};
            for (int i = 0; i < 3; i++) {
                double[] drawn = new double[sizes[i + 1] * (sizes[i] + 1)];
                for (int k = 0; k < drawn.length; k++) {
                    drawn[k] = random.uniform(-1, 1);
                }
                NDArray layer = manager.create(drawn, new Shape(sizes[i + 1], sizes[i] + 1));
                layer.setRequiresGradient(true);
                layers.add(layer);
            }
            double[] numbers = {2, 3, -1, 3, -1, 0.5, 0.5, 1, 1, 1, 1, -1};
            NDArray xs = manager.create(numbers, new Shape(4, 3));
            NDArray ys = manager.create(new double[] {1, -1, -1, 1}, new Shape(4, 1));
            NDArray ones = manager.ones(new Shape(4, 1), xs.getDataType());
            List<Double> losses = new ArrayList<>();
            for (int step = 0; step < steps; step++) {
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    NDArray h = xs;
                    for (NDArray layer : layers) {
                        h = h.concat(ones, 1).matMul(layer.transpose()).tanh();
                    }
                    NDArray loss = h.sub(ys).square().sum();
                    collector.backward(loss);
                    losses.add(loss.getDouble());
                }
                update(layers, learningRate, zeroGrad);
            }
            return losses;
        }
    }

    private static void update(List<NDArray> layers, double learningRate, boolean zeroGrad) {
        Autograd.Scope noGrad = Autograd.noGrad();
        try {
            for (NDArray layer : layers) {
                NDArray gradient = layer.getGradient();
                layer.subi(gradient.mul(learningRate));
                if (zeroGrad) {
                    gradient.muli(0);
                }
            }
        } finally {
            noGrad.close();
        }
    }

    private static void assertClose(List<Double> expected, List<Double> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i), actual.get(i), 1e-9, "step " + i);
        }
    }

    @Test
    void moonsReachThePublishedLoss() {
        MoonsDemo.Result result = MoonsDemo.run(out.output(), Settings.published());
        assertEquals(0.8958441028683222, result.losses().get(0), 1e-9);
        assertEquals(0.0109784, result.losses().get(99), 5e-8);
        assertEquals(0.5, result.accuracies().get(0));
        assertEquals(1, result.accuracies().get(99));
        assertTrue(out.text().contains("step 99 loss 0.0109784, accuracy 100%\n"));
    }

    @Test
    void moonsAreLearntInBatchesAndByOtherLosses() {
        for (Objective objective : Objective.values()) {
            Settings batches = new Settings(100, 0.1, 400, 25, 1337, objective);
            MoonsDemo.Result result = MoonsDemo.run(out.output(), batches);
            assertTrue(result.accuracy() >= 0.95, objective + " reached " + result.accuracy());
        }
    }

    @Test
    void legendreHasPyTorchsFit() {
        LegendreDemo.Result result = LegendreDemo.run(out.output());
        for (int i = 0; i < result.djl().size(); i++) {
            assertEquals(result.micrograd().get(i), result.djl().get(i), 1e-12);
        }
        // The losses that PyTorch's tutorial on custom functions prints at steps 99, 999 and 1999.
        assertEquals(209.9583, result.losses().get(0), 0.01);
        assertEquals(14.8779, result.losses().get(9), 0.001);
        assertEquals(8.9436, result.losses().get(19), 0.001);
        assertEquals(0, result.coefficients().get(0), 1e-6);
        assertEquals(-2.208526, result.coefficients().get(1), 1e-4);
        assertEquals(0, result.coefficients().get(2), 1e-6);
        assertEquals(0.255486, result.coefficients().get(3), 1e-5);
    }
}
