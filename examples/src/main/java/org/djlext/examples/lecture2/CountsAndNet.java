/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
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

    /**
     * A model that was held back.
     *
     * @param strength the factor of mean(W^2), or the number of fake counts
     * @param loss on all names
     * @param likeliestStart the largest probability of a first letter; 1/27 = 0.0370 at the end
     */
    record Evened(double strength, double loss, double likeliestStart) {}

    /**
     * What agrees.
     *
     * @param rowDifference by how much onehot(x) W and W[x] differ: 0
     * @param tableDifference by how much the probabilities of net and counts differ at most, in the
     *     row that starts a name
     * @param penalized the net with a penalty of 0, 0.01, 1 and 100
     * @param smoothed the counts with 0, 10, 1,000 and 100,000 fake counts
     */
    record Result(
            float rowDifference,
            float tableDifference,
            List<Evened> penalized,
            List<Evened> smoothed) {}

    static Result run(Output out, List<String> names, BigramSettings settings) {
        try (NDManager manager = NDManager.newBaseManager()) {
            BigramNet net = TrainingTheNet.newNet(manager, settings);
            float rowDifference = rowDifference(manager, net);
            out.line("onehot(x) W and W[x] differ by %s", rowDifference);

            BigramCounts counts = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0);
            BigramDescent descent =
                    TrainingTheNet.descent(manager, net, names, 0, settings.gradients());
            for (int k = 0; k < settings.steps(); k++) {
                descent.step(settings.rate());
            }
            float tableDifference = compareFirstRow(out, net, counts);

            List<Evened> penalized = new ArrayList<>();
            for (double strength : PENALTIES) {
                penalized.add(penalized(manager, names, settings, strength));
                print(out, "penalty", penalized.get(penalized.size() - 1));
            }
            List<Evened> smoothed = new ArrayList<>();
            for (double strength : SMOOTHINGS) {
                BigramCounts model = counts.withSmoothing(strength);
                smoothed.add(
                        new Evened(
                                strength,
                                model.likelihood(names).averageNll(),
                                likeliestStart(model.probabilities(manager))));
                print(out, "fake counts", smoothed.get(smoothed.size() - 1));
            }
            return new Result(rowDifference, tableDifference, penalized, smoothed);
        }
    }

    private static float rowDifference(NDManager manager, BigramNet net) {
        Emma emma = Emma.in(manager);
        try (Autograd.Scope noGrad = Autograd.noGrad()) {
            NDArray product = emma.xs().oneHot(27).matMul(net.weight()); // (5, 27)
            return product.sub(net.weight().get(emma.xs())).abs().max().getFloat();
        }
    }

    // exp(W) is N up to a factor a row, which the softmax takes out.
    private static float compareFirstRow(Output out, BigramNet net, BigramCounts counts) {
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
        return difference;
    }

    private static Evened penalized(
            NDManager manager, List<String> names, BigramSettings settings, double strength) {
        BigramNet net = TrainingTheNet.newNet(manager, settings);
        BigramDescent descent =
                TrainingTheNet.descent(manager, net, names, strength, settings.gradients());
        // The penalty alone shrinks W by 1 - 2 rate strength / 27^2 a step: that must not pass 0.
        double rate = Math.min(settings.rate(), 27 * 27 / (2 * Math.max(strength, 1e-9)));
        for (int k = 0; k < settings.steps(); k++) {
            descent.step(rate);
        }
        return new Evened(
                strength, descent.losses().nll(), likeliestStart(net.probabilities(manager)));
    }

    private static double likeliestStart(NDArray probabilities) {
        return probabilities.get(0).max().getFloat();
    }

    private static void print(Output out, String what, Evened model) {
        out.line(
                "%-11s %,10.2f: loss %.4f, likeliest first letter %.4f",
                what, model.strength(), model.loss(), model.likeliestStart());
    }
}
