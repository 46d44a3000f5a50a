/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.sample.BigramSampler;
import org.djlext.torch.ops.Sampling;

/** From counts to probabilities, from probabilities to draws, and from draws to names. */
final class SamplingNames {

    private SamplingNames() {}

    static void draws(Output out, List<String> names) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray n = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0).counts();
            NDArray first = n.get(0); // (27)
            NDArray row = first.div(first.sum()); // (27)
            out.line("the first letter of a name, probabilities of ., a, b, ...:");
            out.line("%s", Arrays.toString(row.toFloatArray()));
            out.line("their sum: %s", row.sum().getFloat());

            TorchGenerator generator = new TorchGenerator(BigramSettings.SEED);
            NDArray random = generator.rand(manager, 3); // (3)
            float[] p = random.div(random.sum()).toFloatArray();
            out.line("three random numbers, divided by their sum: %s", Arrays.toString(p));
            int[] twenty = generator.multinomialWithReplacement(manager, p, 20);
            out.line("20 draws: %s", Arrays.toString(twenty));
            int[] counts = new int[3];
            for (int drawn : generator.multinomialWithReplacement(manager, p, 1000)) {
                counts[drawn]++;
            }
            out.line("how often in 1000 more: %s", Arrays.toString(counts));
            // PyTorch's default. With it there is no fourth draw, and the third is no choice.
            long[] permuted = Sampling.multinomial(manager.create(p), 3, false).toLongArray();
            out.line("3 draws without replacement: %s", Arrays.toString(permuted));
        }
    }

    /** Names from the counts, the first letter by letter, and from a model that knows nothing. */
    static void run(Output out, List<String> names, BigramSettings settings) {
        CharVocabulary letters = CharVocabulary.LETTERS;
        try (NDManager manager = NDManager.newBaseManager()) {
            BigramCounts model = BigramCounts.of(manager, names, letters, 0);
            spell(out, manager, model, settings.seed);
            out.line("from the counts: %s", sample(model.probabilities(manager), settings));
            NDArray untrained = BigramCounts.uniform(manager, letters).probabilities(manager);
            out.line("from probabilities of 1/27: %s", sample(untrained, settings));
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

    /** Draws names from a table of probabilities, (27, 27). */
    static String sample(NDArray probabilities, BigramSettings settings) {
        List<String> names =
                new BigramSampler(CharVocabulary.LETTERS, probabilities)
                        .names(
                                probabilities.getManager(),
                                new TorchGenerator(settings.seed),
                                settings.count);
        return String.join(" ", names);
    }
}
