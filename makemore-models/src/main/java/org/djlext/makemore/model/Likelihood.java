/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.makemore.data.CharVocabulary;

/**
 * How likely a bigram model finds some names, bigram by bigram.
 *
 * @param bigrams the bigrams of all names, in their order; ".e" begins a name and "a." ends one
 */
public record Likelihood(List<Bigram> bigrams) {

    /**
     * A bigram.
     *
     * @param text its two characters
     * @param probability that of the second after the first
     * @param logProbability its logarithm; minus infinity for probability 0
     */
    public record Bigram(String text, float probability, float logProbability) {}

    /**
     * {@return the bigrams of names with their probabilities}
     *
     * @param names the names, without '.'
     * @param vocabulary their characters
     * @param probabilities (V, V), FLOAT32
     * @throws IllegalArgumentException if a name has a character that the vocabulary lacks, or '.'
     */
    public static Likelihood of(
            List<String> names, CharVocabulary vocabulary, NDArray probabilities) {
        int size = vocabulary.size();
        float[] p = probabilities.toFloatArray();
        // The engine's logarithm, so that the sums below are the lecture's to the last digit.
        float[] logP;
        try (NDArray log = probabilities.log()) {
            logP = log.toFloatArray();
        }
        List<Bigram> bigrams = new ArrayList<>();
        for (String name : names) {
            int before = 0;
            for (int next :
                    IntStream.concat(Arrays.stream(vocabulary.encodeName(name)), IntStream.of(0))
                            .toArray()) {
                int cell = before * size + next;
                String text = vocabulary.character(before) + vocabulary.character(next);
                bigrams.add(new Bigram(text, p[cell], logP[cell]));
                before = next;
            }
        }
        return new Likelihood(List.copyOf(bigrams));
    }

    /**
     * {@return the likelihood, the product of all probabilities} For more than some hundred bigrams
     * it is too small for a double, and 0; this is why one adds logarithms instead.
     */
    public double product() {
        return bigrams.stream().mapToDouble(Bigram::probability).reduce(1, (a, b) -> a * b);
    }

    /**
     * {@return the log likelihood, added up one by one in float32, as the lecture does; minus
     * infinity if a bigram has probability 0}
     */
    public float logLikelihood() {
        float sum = 0;
        for (Bigram bigram : bigrams) {
            sum += bigram.logProbability();
        }
        return sum;
    }

    /**
     * {@return the loss: the negative log likelihood of a bigram on average; infinity if one has
     * probability 0} The sum is in double, because float32 loses a fifth digit over 228,146
     * bigrams.
     */
    public double averageNll() {
        return -bigrams.stream().mapToDouble(Bigram::logProbability).average().orElse(Double.NaN);
    }
}
