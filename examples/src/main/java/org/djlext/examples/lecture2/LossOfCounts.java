/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDManager;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.Charts;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.model.Likelihood;

/**
 * How good the counts are: likelihood, its logarithm, the loss, and what fake counts do to it.
 *
 * <p>The product of many probabilities is too small for any number, and the sum of their logarithms
 * is not; its mean does not depend on how many there are; its negative is small when the model is
 * good.
 */
final class LossOfCounts {

    private static final double[] SMOOTHING = {0, 1, 10, 100, 1_000_000};

    private LossOfCounts() {}

    static void run(Output out, List<String> names, BigramSettings settings) {
        out.chart("log", Charts.curve(Math::log, "log p", "p", 0.002, 1));
        try (NDManager manager = NDManager.newBaseManager()) {
            BigramCounts model = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0);
            List<String> few = names.subList(0, Math.min(3, names.size()));
            Likelihood three = model.likelihood(few);
            out.line("%s", few);
            three.bigrams()
                    .forEach(
                            b ->
                                    out.line(
                                            "%s: %.4f %.4f",
                                            b.text(), b.probability(), b.logProbability()));
            out.line("likelihood     %.4g", three.product());
            out.line("log likelihood %.4f", three.logLikelihood());
            out.line("nll            %.4f", -three.logLikelihood());
            out.line("nll / %2d       %.4f", three.bigrams().size(), three.averageNll());

            Likelihood all = model.likelihood(names);
            out.line(
                    "the likelihood of the first %d names is 0 in a double",
                    untilZero(model, names));
            out.line("log likelihood of all %.2f", all.logLikelihood());
            out.line("loss                  %.6f", all.averageNll());

            BigramCounts smooth = model.withSmoothing(1);
            for (String word : settings.words) {
                Likelihood likelihood = model.likelihood(List.of(word));
                out.line("loss of %-10s %.4f", word, likelihood.averageNll());
                likelihood.bigrams().stream()
                        .filter(bigram -> bigram.probability() == 0)
                        .forEach(bigram -> out.line("  %s was never counted", bigram.text()));
                out.line("  with one fake count %.4f", loss(smooth, List.of(word)));
            }
            for (double smoothing : SMOOTHING) {
                double loss = loss(model.withSmoothing(smoothing), names);
                out.line("%8.0f fake counts: loss %.4f", smoothing, loss);
            }
            BigramCounts uniform = BigramCounts.uniform(manager, model.vocabulary());
            out.line("all characters as likely: loss %.4f", loss(uniform, names));
        }
    }

    private static int untilZero(BigramCounts model, List<String> names) {
        double product = 1;
        int count = 0;
        while (product > 0 && count < names.size()) {
            product *= model.likelihood(List.of(names.get(count))).product();
            count++;
        }
        return count;
    }

    private static double loss(BigramCounts model, List<String> names) {
        return model.likelihood(names).averageNll();
    }
}
