/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.sample.BigramSampler;
import org.djlext.makemore.train.BigramDescent;
import org.djlext.makemore.train.Gradients;
import org.djlext.torch.RandomState;

/** Gradient descent on all bigrams at once, and names of the net beside those of the counts. */
final class TrainingTheNet {

    private static final int PRINTED_EVERY = 20;

    private TrainingTheNet() {}

    /**
     * What was learnt.
     *
     * @param losses before each step, the penalty included, and after the last: 3.7686 to 2.4900
     *     after 100 steps of the lecture's and 2.4830 after 200
     * @param nll the last loss without the penalty
     * @param counts the loss of the model that counts, which no net of this kind can beat
     * @param sampled names of the net
     * @param sampledFromCounts names of the counts from the same seed
     */
    record Result(
            List<Float> losses,
            float nll,
            double counts,
            List<String> sampled,
            List<String> sampledFromCounts) {}

    static Result run(Output out, List<String> names, BigramSettings settings) {
        try (NDManager manager = NDManager.newBaseManager()) {
            BigramNet net = newNet(manager, settings);
            BigramDescent descent =
                    descent(manager, net, names, settings.regularization(), settings.gradients());
            List<Float> losses = new ArrayList<>();
            for (int k = 0; k < settings.steps(); k++) {
                losses.add(descent.step(settings.rate()).total());
                if (k % PRINTED_EVERY == 0) {
                    out.line("step %3d: loss %.4f", k, losses.get(k));
                }
            }
            BigramDescent.Losses last = descent.losses();
            losses.add(last.total());
            out.line("after %d steps: loss %.4f", settings.steps(), last.total());
            out.line("without the penalty:  %.4f", last.nll());
            BigramCounts counts = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0);
            double best = counts.likelihood(names).averageNll();
            out.line("of the counts:        %.4f", best);
            List<String> sampled = sample(manager, net.probabilities(manager), settings);
            List<String> fromCounts = sample(manager, counts.probabilities(manager), settings);
            out.line("names of the net:    %s", String.join(" ", sampled));
            out.line("names of the counts: %s", String.join(" ", fromCounts));
            return new Result(losses, last.nll(), best, sampled, fromCounts);
        }
    }

    static BigramNet newNet(NDManager manager, BigramSettings settings) {
        BigramNet net = new BigramNet(CharVocabulary.LETTERS.size(), settings.rows());
        RandomState.seed(settings.seed());
        net.initialize(manager, DataType.FLOAT32, new Shape(1));
        return net;
    }

    static BigramDescent descent(
            NDManager manager,
            BigramNet net,
            List<String> names,
            double regularization,
            Gradients gradients) {
        Contexts examples = Contexts.of(names, 1, CharVocabulary.LETTERS);
        int n = examples.size();
        Examples.Batch all = examples.slice(manager, 0, n);
        NDArray xs = all.x().reshape(n); // (n)
        return new BigramDescent(net, xs, all.y(), regularization, gradients);
    }

    private static List<String> sample(
            NDManager manager, NDArray probabilities, BigramSettings settings) {
        return new BigramSampler(CharVocabulary.LETTERS, probabilities)
                .names(manager, new TorchGenerator(settings.seed()), settings.count());
    }
}
