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
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.train.BigramDescent;
import org.djlext.makemore.train.Gradients;
import org.djlext.torch.RandomState;

/** Gradient descent on all bigrams at once, and names of the net beside those of the counts. */
final class TrainingTheNet {

    private static final int PRINTED_EVERY = 20;

    private TrainingTheNet() {}

    static void run(Output out, List<String> names, BigramSettings settings) {
        try (NDManager manager = NDManager.newBaseManager()) {
            BigramNet net = newNet(manager, settings);
            BigramDescent descent =
                    descent(manager, net, names, settings.penalty, settings.gradients);
            for (int k = 0; k < settings.steps; k++) {
                BigramDescent.Losses losses = descent.step(settings.rate);
                if (k % PRINTED_EVERY == 0) {
                    out.line("step %3d: loss %.4f", k, losses.total());
                }
            }
            BigramDescent.Losses last = descent.losses();
            out.line("after %d steps: loss %.4f", settings.steps, last.total());
            out.line("without the penalty:  %.4f", last.nll());
            BigramCounts counts = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0);
            out.line("of the counts:        %.4f", counts.likelihood(names).averageNll());
            NDArray learnt = net.probabilities(manager);
            NDArray counted = counts.probabilities(manager);
            out.line("names of the net:    %s", SamplingNames.sample(learnt, settings));
            out.line("names of the counts: %s", SamplingNames.sample(counted, settings));
        }
    }

    static BigramNet newNet(NDManager manager, BigramSettings settings) {
        BigramNet net = new BigramNet(CharVocabulary.LETTERS.size(), settings.rows);
        RandomState.seed(settings.seed);
        net.initialize(manager, DataType.FLOAT32, new Shape(1));
        return net;
    }

    static BigramDescent descent(
            NDManager manager,
            BigramNet net,
            List<String> names,
            double regularization,
            Gradients gradients) {
        Examples examples = Contexts.of(names, 1, CharVocabulary.LETTERS);
        int n = examples.size();
        Examples.Batch all = examples.slice(manager, 0, n);
        NDArray xs = all.x().reshape(n); // (n)
        return new BigramDescent(net, xs, all.y(), regularization, gradients);
    }
}
