/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.djlext.examples.lecture.Printed;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.model.BigramNet.Rows;
import org.djlext.makemore.train.Gradients;
import org.junit.jupiter.api.Test;

/** The second half of the lecture: the net. */
class BigramNetExamplesTest {

    private final Printed out = new Printed();

    private static BigramSettings steps(int steps, Rows rows, Gradients gradients) {
        BigramSettings settings = new BigramSettings();
        settings.count = 5;
        settings.steps = steps;
        settings.rows = rows;
        settings.gradients = gradients;
        return settings;
    }

    @Test
    void oneHotOfEmma() {
        NetStepByStep.oneHot(out, new BigramSettings());
        assertContains(
                out.text(),
                "emma: xs [0, 5, 13, 13, 1]\n",
                "      ys [5, 13, 13, 1, 0], both int64\n",
                "one-hot: (5, 27) float32\n",
                "if its width were guessed from xs: (5, 14)\n",
                "one neuron: (5, 27) @ (27, 1) is (5, 1)\n");
        List<Double> neuron = out.numbers("neuron 13 for example 3");
        assertEquals(neuron.get(1), neuron.get(0), 1e-7);
    }

    @Test
    void emmaHasTheLecturesNumbers() {
        NetStepByStep.run(out, new BigramSettings());
        // PyTorch's, rounded.
        double[] p = {0.012286255, 0.0180507, 0.026691534, 0.07367686, 0.014977527};
        for (int i = 0; i < p.length; i++) {
            assertEquals(p[i], out.numbers(", to which it gives").get(2 * i + 1), 1e-7);
        }
        for (double loss : out.numbers("loss, the mean nll")) {
            assertEquals(3.7693050, loss, 1e-6);
        }
        assertEquals(3.37, out.number("of the next seed"), 0.01);
        assertContains(out.text(), "W.grad (27, 27)");
        double gradient = out.number("W.grad");
        assertEquals(0.0121344505, gradient, 1e-8);
        assertEquals(2 * gradient, out.number("after a second backward"), 1e-8);
        assertEquals(3.7492127, out.number("update 2,"), 1e-6);
        assertEquals(3.7291627, out.number("update 3,"), 1e-6);
        assertContains(out.text(), "does not require grad", "bigram 2: em (5, 13)\n");
    }

    @Test
    void netReachesTheLecturesLossAndNames() {
        List<String> names = CountingExamplesTest.realNames();
        TrainingTheNet.run(out, names, steps(100, Rows.LOOK_UP, Gradients.ENGINE));
        assertEquals(3.7686186, out.number("step   0"), 1e-6);
        assertEquals(2.4899590, out.number("after 100 steps"), 1e-6);
        assertEquals(2.4540145, out.number("of the counts: "), 5e-8);
        String sampled = "mor. axx. minaymoryles. kondmaisah. anchthizarie.\n";
        assertContains(out.text(), "names of the net:    " + sampled, "minaymoryles. kondlaisah. ");
    }

    @Test
    void everyWayOfTrainingIsTheSame() {
        TrainingTheNet.run(out, Names.embedded(), steps(30, Rows.LOOK_UP, Gradients.ENGINE));
        List<Double> want = out.numbers("loss ");
        assertTrue(out.number("after 30 steps") < out.number("step   0") - 1);
        for (Rows rows : Rows.values()) {
            Printed other = new Printed();
            TrainingTheNet.run(other, Names.embedded(), steps(30, rows, Gradients.MANUAL));
            List<Double> got = other.numbers("loss ");
            assertEquals(6, got.size()); // the numbers and losses of steps 0, 20 and 30
            for (int i = 0; i < want.size(); i++) {
                assertEquals(want.get(i), got.get(i), 1e-5, rows + "");
            }
        }
    }

    @Test
    void netAndCountsAreOneModel() {
        List<String> all = Names.embedded();
        List<String> fewer =
                IntStream.range(0, all.size() / 5).mapToObj(i -> all.get(5 * i)).toList();
        CountsAndNet.run(out, fewer, steps(200, Rows.LOOK_UP, Gradients.ENGINE));
        assertEquals(0, out.number("onehot(x) W and W[x] differ"));
        assertTrue(out.number("probabilities of first letters differ") < 2e-3);
        double counts = evensOut("fake counts");
        double net = evensOut("penalty");
        assertTrue(net > counts, "no net of this kind beats the counts");
        assertEquals(counts, net, 0.02);
    }

    /**
     * Checks that more of it gives a higher loss, and probabilities nearer to 1/27; returns the
     * loss without it.
     */
    private double evensOut(String what) {
        List<Double> rows = out.numbers(what); // strength, loss and largest probability, four times
        for (int i = 3; i < rows.size(); i += 3) {
            assertTrue(rows.get(i + 1) > rows.get(i - 2), out.text());
            assertTrue(rows.get(i + 2) < rows.get(i - 1), out.text());
        }
        assertEquals(1.0 / 27, rows.get(11), 0.003);
        return rows.get(1);
    }
}
