/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;
import org.djlext.makemore.data.NumpyRandom;
import org.djlext.makemore.data.PythonRandom;
import org.junit.jupiter.api.Test;

/** Nets, losses and steps: what the comparisons with other engines do not reach. */
class NetTest {

    @Test
    void parametersComeLayerByLayerWeightsThenBias() {
        Mlp model = Mlp.tanh(new PythonRandom(42), 3, 4, 4, 1);
        assertEquals(41, model.parameters().size());
        // The second number of random.seed(42); random.uniform(-1, 1), and the fourth, a bias.
        assertEquals(-0.9499784895546661, model.parameters().get(1).data);
        assertEquals(-0.5535785237023545, model.layers().get(0).neurons().get(0).b().data);
        assertSame(model.layers().get(1).neurons().get(0).w().get(0), model.parameters().get(16));
        assertSame(model.layers().get(2).neurons().get(0).b(), model.parameters().get(40));
    }

    @Test
    void aNetIsTheFormulaOfItsNeurons() {
        Mlp model = Mlp.relu(new PythonRandom(5), 2, 2, 1);
        double[] p = model.parameters().stream().mapToDouble(v -> v.data).toArray();
        double h1 = Math.max(0, p[2] + p[0] * -0.3 + p[1] * 1.7);
        double h2 = Math.max(0, p[5] + p[3] * -0.3 + p[4] * 1.7);
        assertEquals(p[8] + p[6] * h1 + p[7] * h2, model.call(-0.3, 1.7).data, 1e-15);
        assertTrue(h1 > 0 || h2 > 0);
    }

    @Test
    void zeroGradClearsEveryParameter() {
        Mlp model = Mlp.tanh(new PythonRandom(1), 2, 3, 1);
        model.call(1, 2).backward();
        assertTrue(model.parameters().stream().allMatch(p -> p.grad != 0));
        model.zeroGrad();
        assertTrue(model.parameters().stream().allMatch(p -> p.grad == 0));
    }

    @Test
    void schedulesAreThoseOfTheLecture() {
        IntToDoubleFunction linear = GradientDescent.linear(1, 0.1, 100);
        assertEquals(1, linear.applyAsDouble(0));
        assertEquals(1 - 0.9 * 37 / 100, linear.applyAsDouble(37));
    }

    @Test
    void aScoreThatIsNotANumberIsNeverRight() {
        List<Value> scores = List.of(new Value(Double.NaN), new Value(-1), new Value(2));
        List<Value> labels = List.of(new Value(-1), new Value(-1), new Value(-1));
        assertEquals(1.0 / 3, Losses.accuracy(scores, labels));
    }

    @Test
    void moonsMayBeAnyNumberWithoutNoise() {
        Batch moons = Moons.make(5, 0, new NumpyRandom(0));
        int ones = 0;
        for (int i = 0; i < 5; i++) {
            double label = moons.labels().get(i).data;
            double x = moons.points().get(i).get(0).data - (label > 0 ? 1 : 0);
            double y = moons.points().get(i).get(1).data - (label > 0 ? 0.5 : 0);
            assertEquals(1, x * x + y * y, 1e-15);
            ones += label > 0 ? 1 : 0;
        }
        assertEquals(3, ones);
    }

    @Test
    void badArgumentsAreNamed() {
        Mlp model = Mlp.relu(new PythonRandom(1), 2, 3, 2);
        assertRefused(
                "a neuron of 2 inputs was called with 1", () -> model.call(List.of(new Value(1))));
        assertRefused(
                "a net needs at least one layer and sizes of at least 1, but got 2 inputs and"
                        + " layers of [3, 0]",
                () -> Mlp.relu(new PythonRandom(1), 2, 3, 0));
        assertRefused(
                "a loss needs as many labels as outputs, and at least one, but got 1 outputs and 0"
                        + " labels",
                () -> Losses.maxMargin(List.of(new Value(1)), List.of()));
        assertRefused(
                "a batch needs a label for each point, but got 1 points and 2 labels",
                () -> Batch.of(new double[][] {{1, 2}}, new double[] {1, -1}));
        assertRefused(
                "a batch takes the numbers of as many examples and inputs as it has, 2, but got 3",
                () ->
                        Batch.of(new double[][] {{1, 2}}, new double[] {1})
                                .set(Batch.of(new double[][] {{1, 2, 3}}, new double[] {1})));
        assertRefused(
                "moons need at least 2 points, but got 1",
                () -> Moons.make(1, 0, new NumpyRandom(0)));
        assertFails(
                IllegalStateException.class,
                "call(double...) is for a net of one output, but this has 2",
                () -> model.call(1, 2));
    }

    @Test
    void thePackageNeedsNoDjl() throws IOException, URISyntaxException {
        Path classes =
                Path.of(Value.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                        .resolve("org/djlext/micrograd");
        try (Stream<Path> files = Files.walk(classes)) {
            List<Path> compiled = files.filter(f -> f.toString().endsWith(".class")).toList();
            assertTrue(compiled.size() > 15);
            for (Path file : compiled) {
                String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
                assertFalse(bytes.contains("ai/djl"), file + " uses DJL");
            }
        }
    }
}
