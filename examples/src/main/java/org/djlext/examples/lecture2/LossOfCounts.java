/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.CurveChart;
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

    /**
     * The losses.
     *
     * @param firstThree of the first three names; log likelihood -38.7856 and loss 2.4241 in the
     *     lecture
     * @param namesUntilZero after how many names their likelihood is 0 in a double
     * @param all the loss of all names without smoothing; 2.4540 in the lecture
     * @param allLogLikelihood the log likelihood, added up in float32; -559891.75 in the lecture
     * @param words the losses of the words of the settings, without smoothing
     * @param smoothWords the same with one fake count; there is no infinity any more
     * @param smoothed losses of all names with 0, 1, 10, 100 and a million fake counts
     * @param uniform the loss of the model that knows nothing, log 27 = 3.2958
     */
    record Result(
            Likelihood firstThree,
            int namesUntilZero,
            double all,
            float allLogLikelihood,
            List<Double> words,
            List<Double> smoothWords,
            List<Double> smoothed,
            double uniform) {}

    static Result run(Output out, List<String> names, BigramSettings settings) {
        out.chart("log", CurveChart.of(Math::log, "log p", "p", 0.002, 1));
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
            int untilZero = untilZero(model, names);
            out.line("the likelihood of the first %d names is 0 in a double", untilZero);
            out.line("log likelihood of all %.2f", all.logLikelihood());
            out.line("loss                  %.6f", all.averageNll());

            BigramCounts smooth = model.withSmoothing(1);
            List<Double> words = losses(model, settings.words());
            List<Double> smoothWords = losses(smooth, settings.words());
            for (int i = 0; i < words.size(); i++) {
                String word = settings.words().get(i);
                out.line("loss of %-10s %.4f", word, words.get(i));
                explainInfinity(out, model, word);
                out.line("  with one fake count %.4f", smoothWords.get(i));
            }
            List<Double> smoothed = smoothed(out, model, names);
            double uniform =
                    BigramCounts.uniform(manager, model.vocabulary())
                            .likelihood(names)
                            .averageNll();
            out.line("all characters as likely: loss %.4f", uniform);
            return new Result(
                    three,
                    untilZero,
                    all.averageNll(),
                    all.logLikelihood(),
                    words,
                    smoothWords,
                    smoothed,
                    uniform);
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

    private static List<Double> losses(BigramCounts model, List<String> words) {
        return words.stream().map(word -> model.likelihood(List.of(word)).averageNll()).toList();
    }

    private static void explainInfinity(Output out, BigramCounts model, String word) {
        model.likelihood(List.of(word)).bigrams().stream()
                .filter(bigram -> bigram.probability() == 0)
                .forEach(bigram -> out.line("  %s was never counted", bigram.text()));
    }

    private static List<Double> smoothed(Output out, BigramCounts model, List<String> names) {
        List<Double> losses = new ArrayList<>();
        for (double smoothing : SMOOTHING) {
            double loss = model.withSmoothing(smoothing).likelihood(names).averageNll();
            out.line("%8.0f fake counts: loss %.4f", smoothing, loss);
            losses.add(loss);
        }
        return losses;
    }
}
