/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDManager;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.sample.BigramSampler;

/**
 * Names from the counts, the first of them letter by letter, and from a model that knows nothing.
 */
final class SamplingNames {

    private SamplingNames() {}

    /**
     * What was sampled.
     *
     * @param bigram names of the counts: mor. axx. minaymoryles. and so on in the lecture
     * @param uniform names of the model by which all characters are as likely
     */
    record Result(List<String> bigram, List<String> uniform) {}

    static Result run(Output out, List<String> names, BigramSettings settings) {
        CharVocabulary letters = CharVocabulary.LETTERS;
        try (NDManager manager = NDManager.newBaseManager()) {
            BigramCounts model = BigramCounts.of(manager, names, letters, 0);
            spell(out, manager, model, settings.seed());
            List<String> bigram = sample(manager, model, settings);
            out.line("from the counts: %s", String.join(" ", bigram));
            BigramCounts uniform = BigramCounts.uniform(manager, letters);
            List<String> untrained = sample(manager, uniform, settings);
            out.line("from probabilities of 1/27: %s", String.join(" ", untrained));
            return new Result(bigram, untrained);
        }
    }

    // The loop that BigramSampler has, with a line a letter.
    private static void spell(Output out, NDManager manager, BigramCounts model, long seed) {
        CharVocabulary letters = model.vocabulary();
        TorchGenerator generator = new TorchGenerator(seed);
        int ix = 0;
        do {
            float[] p = model.probabilities(manager).get(ix).toFloatArray(); // (27)
            int next = generator.multinomialWithReplacement(manager, p, 1)[0];
            out.line(
                    "after %s: drew %2d, %s, of probability %.4f",
                    letters.character(ix), next, letters.character(next), p[next]);
            ix = next;
        } while (ix != 0);
    }

    private static List<String> sample(
            NDManager manager, BigramCounts model, BigramSettings settings) {
        return new BigramSampler(model.vocabulary(), model.probabilities(manager))
                .names(manager, new TorchGenerator(settings.seed()), settings.count());
    }
}
