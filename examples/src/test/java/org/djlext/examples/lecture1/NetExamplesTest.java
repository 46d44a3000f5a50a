/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Printed;
import org.djlext.examples.lecture1.MoonsDemo.Objective;
import org.djlext.examples.lecture1.MoonsDemo.Settings;
import org.djlext.examples.report.ReportSession;
import org.djlext.examples.report.TrainingReport;
import org.djlext.makemore.data.PythonRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The second half of the lecture: nets, compared with DJL and with published losses. */
class NetExamplesTest {

    private final Printed out = new Printed();

    @Test
    void fourExamplesAreLearntAsDjlLearnsThem() {
        FourExamples.run(out);
        assertEquals(41, out.number("parameters: "));
        List<Double> losses =
                out.text()
                        .lines()
                        .filter(line -> line.matches("[0-9]+ [0-9.E-]+"))
                        .map(line -> Double.valueOf(line.substring(line.indexOf(' '))))
                        .toList();
        ExpressionExamplesTest.assertAll(trainInDjl(3, 20, 0.05, true), losses, 1e-9);
        assertTrue(losses.get(19) < 0.04);
        assertEquals(rounded(trainInDjl(3, 5, 0.01, true)), text("steps of 0.01, one by one: "));
        assertEquals(rounded(trainInDjl(3, 20, 0.05, false)), text("and the steps grow: "));
        // Target, prediction and squared error of each, before training and after.
        List<Double> predictions = out.numbers("  target").subList(12, 24);
        for (int i = 0; i < 12; i += 3) {
            assertEquals(predictions.get(i), predictions.get(i + 1), 0.2);
        }
        assertTrue(last("and the steps grow: ") < 1e-8, "the mistake seems to pay here");
        assertTrue(last("from other parameters: ") > 3, "and does not pay there");
    }

    private static String rounded(List<Double> losses) {
        return String.join(
                ", ", losses.stream().map(x -> String.format(Locale.ROOT, "%.3g", x)).toList());
    }

    private String text(String line) {
        return out.values(line).findFirst().orElseThrow().toString();
    }

    private double last(String line) {
        String numbers = text(line);
        return Double.parseDouble(numbers.substring(numbers.lastIndexOf(' ')));
    }

    @Test
    void largeStepsOvershoot() {
        FourExamples.overshoot(out);
        String[] explodes = text("then of 1, explodes: ").split(", ", -1);
        assertTrue(Double.parseDouble(explodes[1]) > 2 * Double.parseDouble(explodes[0]));
        assertTrue(Double.parseDouble(explodes[2]) < 1e-4);
        assertTrue(last("or of 2, lost: ") > 7);
        assertTrue(last("of 4 by another net: ") < 7e-9);
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
        try (Autograd.Scope noGrad = Autograd.noGrad()) {
            for (NDArray layer : layers) {
                NDArray gradient = layer.getGradient();
                layer.subi(gradient.mul(learningRate));
                if (zeroGrad) {
                    gradient.muli(0);
                }
            }
        }
    }

    private void moons(Settings settings) {
        PrintWriter nowhere = new PrintWriter(new StringWriter());
        TrainingReport report = new TrainingReport("moons");
        MoonsDemo.run(out, settings, new ReportSession(report, nowhere, null, null));
    }

    @Test
    void moonsReachThePublishedLoss() {
        moons(new Settings(100, 0.1, 100, 100, 1337, Objective.MARGIN));
        List<Double> first = out.numbers("step 0 loss");
        assertEquals(0.8958441028683222, first.get(1), 1e-9);
        assertEquals(50, first.get(2));
        assertContains(out.text(), "step 99 loss 0.0109784, accuracy 100%\n");
    }

    @ParameterizedTest
    @EnumSource
    void moonsAreLearntInBatchesAndByOtherLosses(Objective objective) {
        moons(new Settings(100, 0.1, 400, 25, 1337, objective));
        assertTrue(out.number("afterwards") >= 95, out.text());
    }

    @Test
    void legendreHasPyTorchsFit() {
        LegendreDemo.run(out);
        List<Double> p3 = out.numbers("P3' = "); // where, the two of micrograd, the two of DJL
        for (int i = 0; i < p3.size(); i += 5) {
            assertEquals(p3.get(i + 1), p3.get(i + 3), 1e-12);
            assertEquals(p3.get(i + 2), p3.get(i + 4), 1e-12);
        }
        // The losses that PyTorch's tutorial on custom functions prints at steps 999 and 1999.
        assertEquals(14.8779, out.number("step 1000"), 0.001);
        assertEquals(8.9436, out.number("step 2000"), 0.001);
        List<Double> fit = out.numbers("y = ");
        assertEquals(0, fit.get(0), 1e-6);
        assertEquals(-2.208526, fit.get(1), 1e-4);
        assertEquals(0, fit.get(2), 1e-6);
        assertEquals(0.255486, fit.get(3), 1e-5);
    }
}
