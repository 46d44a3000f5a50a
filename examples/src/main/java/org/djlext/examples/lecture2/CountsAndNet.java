/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.train.BigramDescent;

/**
 * Why both models are the same: the product with a one-hot is a row, the trained weights are the
 * logarithms of the counts, and the penalty on the weights does what fake counts do.
 */
final class CountsAndNet {

    private static final double[] PENALTIES = {0, 0.01, 1, 100};
    private static final double[] SMOOTHINGS = {0, 10, 1_000, 100_000};

    private CountsAndNet() {}

    static void run(Output out, List<String> names, BigramSettings settings) {
        try (NDManager manager = NDManager.newBaseManager()) {
            BigramNet net = TrainingTheNet.newNet(manager, settings);
            out.line("onehot(x) W and W[x] differ by %s", rowDifference(manager, net));

            BigramCounts counts = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0);
            BigramDescent descent =
                    TrainingTheNet.descent(manager, net, names, 0, settings.gradients);
            for (int k = 0; k < settings.steps; k++) {
                descent.step(settings.rate);
            }
            compareFirstRow(out, net, counts);

            for (double strength : PENALTIES) {
                penalize(out, manager, names, settings, strength);
            }
            for (double strength : SMOOTHINGS) {
                BigramCounts model = counts.withSmoothing(strength);
                double loss = model.likelihood(names).averageNll();
                print(out, "fake counts", strength, loss, model.probabilities(manager));
            }
        }
    }

    private static float rowDifference(NDManager manager, BigramNet net) {
        NetStepByStep.Emma emma = NetStepByStep.Emma.in(manager);
        try (Autograd.Scope noGrad = Autograd.noGrad()) {
            NDArray product = emma.xs().oneHot(27).matMul(net.weight()); // (5, 27)
            return product.sub(net.weight().get(emma.xs())).abs().max().getFloat();
        }
    }

    // exp(W) is N up to a factor a row, which the softmax takes out.
    private static void compareFirstRow(Output out, BigramNet net, BigramCounts counts) {
        NDArray n = counts.counts().get(0); // (27)
        float total = n.sum().getFloat();
        NDArray p = net.probabilities(n.getManager()).get(0); // (27)
        for (int i = 1; i <= 6; i++) {
            out.line(
                    ".%s: counted %.0f; exp(W), scaled to the same sum, %.1f",
                    CharVocabulary.LETTERS.character(i), n.getFloat(i), p.getFloat(i) * total);
        }
        float difference = p.sub(n.div(total)).abs().max().getFloat();
        out.line("probabilities of first letters differ by up to %.4f", difference);
    }

    private static void penalize(
            Output out,
            NDManager manager,
            List<String> names,
            BigramSettings settings,
            double strength) {
        BigramNet net = TrainingTheNet.newNet(manager, settings);
        BigramDescent descent =
                TrainingTheNet.descent(manager, net, names, strength, settings.gradients);
        // The penalty alone shrinks W by 1 - 2 rate strength / 27^2 a step: that must not pass 0.
        double rate = Math.min(settings.rate, 27 * 27 / (2 * Math.max(strength, 1e-9)));
        for (int k = 0; k < settings.steps; k++) {
            descent.step(rate);
        }
        print(out, "penalty", strength, descent.losses().nll(), net.probabilities(manager));
    }

    private static void print(
            Output out, String what, double strength, double loss, NDArray probabilities) {
        out.line(
                "%-11s %,10.2f: loss %.4f, likeliest first letter %.4f",
                what, strength, loss, probabilities.get(0).max().getFloat());
    }
}
