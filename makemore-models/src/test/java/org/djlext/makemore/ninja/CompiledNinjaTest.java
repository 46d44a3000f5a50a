/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import org.djlext.compile.CompiledStep;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.optim.TorchSgd;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The compiled step beside the readable one, which is compared with PyTorch elsewhere. */
class CompiledNinjaTest extends ArrayTest {

    private static final int VOCABULARY = 27;

    private NDArray indices(long... shape) {
        long[] numbers = new long[(int) new Shape(shape).size()];
        Arrays.setAll(numbers, i -> (i * 7919L + 13) % VOCABULARY);
        return manager.create(numbers, new Shape(shape));
    }

    private static double[] run(NinjaParameters p, NDArray x, NDArray y, double... rates) {
        try (CompiledStep step =
                CompiledStep.builder(new NinjaNetwork(p), new CrossEntropyLoss())
                        .setOptimizer(TorchSgd.builder().build())
                        .build()) {
            return step.run(new NDList(x), new NDList(y), rates);
        }
    }

    @ParameterizedTest
    @CsvSource({"27, 32, 200", "27, 2, 8", "27, 515, 33", "32, 32, 64", "65, 16, 48"})
    void gradientsAreThoseOfTheReadableStep(int vocabulary, int n, int hidden) {
        NinjaParameters p =
                NinjaParameters.draw(manager, new TorchGenerator(5), vocabulary, hidden);
        NDArray xb = indices(n, 3);
        NDArray yb = indices(n);
        ManualStep readable = new ManualStep(manager, n, vocabulary);
        ManualStep.Forward forward = readable.forward(p, xb, yb);
        NDList gradients = readable.backward(forward, p, xb, yb);
        NDList before = new NDList();
        p.list().forEach(parameter -> before.add(parameter.duplicate()));

        double[] losses = run(p, xb.reshape(1, n, 3), yb.reshape(1, n), 1);

        assertEquals(forward.loss().getFloat(), losses[0], 2e-6);
        for (int i = 0; i < before.size(); i++) {
            // The rate is 1, so the difference is the gradient, rounded as the parameter is; that
            // of b1 is all rounding.
            GradientComparison c =
                    GradientComparison.of(
                            NinjaParameters.NAMES.get(i),
                            before.get(i).sub(p.list().get(i)),
                            gradients.get(i),
                            new Tolerance(1e-4, 4e-6));
            assertTrue(c.approximate(), c.toString());
        }
    }

    @Test
    void manyStepsInOneCallAreManyCalls() {
        int steps = 7;
        NDArray x = indices(steps, 32, 3);
        NDArray y = indices(steps, 32);
        double[] rates = {0.1, 0.1, 0.1, 0.01, 0.01, 0.02, 0.1};
        NinjaParameters together =
                NinjaParameters.draw(manager, new TorchGenerator(5), VOCABULARY, 200);
        NinjaParameters oneByOne =
                NinjaParameters.draw(manager, new TorchGenerator(5), VOCABULARY, 200);

        double[] losses = run(together, x, y, rates);

        double[] single = new double[steps];
        for (int i = 0; i < steps; i++) {
            NDArray xb = x.get(i).reshape(1, 32, 3);
            single[i] = run(oneByOne, xb, y.get(i).reshape(1, 32), rates[i])[0];
        }
        assertArrayEquals(single, losses);
        for (int i = 0; i < together.list().size(); i++) {
            assertEquals(oneByOne.list().get(i), together.list().get(i));
        }
    }

    @Test
    void trainerGoesTheWayOfTheReadableSteps() {
        List<String> names = List.of("emma", "olivia", "ava", "isabella", "sophia", "charlotte");
        Examples train = Contexts.of(names, 3, CharVocabulary.LETTERS);
        float[] compiled = new float[600]; // more steps than one call does
        trainer(train).train(0, compiled.length, (step, loss) -> compiled[step] = loss);
        float[] readable = new float[compiled.length];
        trainer(train).trainComparing(0, readable.length, (step, loss) -> readable[step] = loss);
        assertTrue(compiled[599] < compiled[0] / 2);
        assertArrayEquals(readable, compiled, 1e-4f);
    }

    private ManualTrainer trainer(Examples train) {
        TorchGenerator generator = new TorchGenerator(5);
        NinjaParameters p = NinjaParameters.draw(manager, generator, VOCABULARY, 64);
        return new ManualTrainer(manager, p, train, generator, 32, 120);
    }
}
