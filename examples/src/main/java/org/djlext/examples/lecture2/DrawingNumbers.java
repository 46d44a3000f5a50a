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
import java.util.stream.IntStream;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.torch.ops.Sampling;

/** From counts to probabilities, and from probabilities to draws. */
final class DrawingNumbers {

    private DrawingNumbers() {}

    /**
     * The numbers of the topic.
     *
     * @param rowSum the sum of the first row of counts, divided by its sum; 1
     * @param p three random numbers, divided by their sum: 0.6064, 0.3033, 0.0903
     * @param twenty twenty draws from p
     * @param frequencies how often each of the three comes in 1,000 more
     * @param withoutReplacement three draws that are not put back: each of the three once
     */
    record Result(
            float rowSum,
            List<Float> p,
            List<Integer> twenty,
            List<Double> frequencies,
            List<Long> withoutReplacement) {}

    static Result run(Output out, List<String> names) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray n = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0).counts();
            NDArray first = n.get(0); // (27)
            NDArray row = first.div(first.sum()); // (27)
            out.line("the first letter of a name, probabilities of ., a, b, ...:");
            out.line("%s", Arrays.toString(row.toFloatArray()));
            float rowSum = row.sum().getFloat();
            out.line("their sum: %s", rowSum);

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
            return new Result(
                    rowSum,
                    IntStream.range(0, 3).mapToObj(i -> p[i]).toList(),
                    Arrays.stream(twenty).boxed().toList(),
                    Arrays.stream(counts).mapToObj(count -> count / 1000.0).toList(),
                    Arrays.stream(permuted).boxed().toList());
        }
    }
}
