/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.makemore.data.CharVocabulary;

/**
 * The bigram model of lecture 2 that is trained by counting: how often each character follows each.
 *
 * <pre>
 * N[i, j] = how often j comes right after i            '.' stands before and after a name
 * P[i, j] = (N[i, j] + k) / sum_j (N[i, j] + k)        k fake counts: the smoothing
 * </pre>
 *
 * <p>Without smoothing a bigram that was never seen has probability 0, and a name with it the loss
 * infinity. The larger k, the more even P. A row without any count, real or fake, is all 0.
 *
 * @param vocabulary the V characters
 * @param counts N, (V, V), FLOAT32, which counts to 2^24 without rounding
 * @param smoothing what is added to each count, 0 or more
 */
public record BigramCounts(CharVocabulary vocabulary, NDArray counts, double smoothing) {

    /**
     * Checks the smoothing.
     *
     * @param vocabulary the characters
     * @param counts N
     * @param smoothing what is added to each count
     * @throws IllegalArgumentException if the smoothing is negative, NaN or infinite
     */
    public BigramCounts {
        if (!(smoothing >= 0 && smoothing < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("smoothing must be 0 or more, but got " + smoothing);
        }
    }

    /**
     * {@return a model that has counted}
     *
     * @param manager the manager of the counts
     * @param names what to count in, without '.'
     * @param vocabulary the characters
     * @param smoothing what is added to each count, 0 or more
     * @throws IllegalArgumentException if a name has a character that the vocabulary lacks, or '.'
     */
    public static BigramCounts of(
            NDManager manager, List<String> names, CharVocabulary vocabulary, double smoothing) {
        int size = vocabulary.size();
        long[] n = new long[size * size]; // a float plus one may stay what it is
        for (String name : names) {
            int before = 0;
            for (int next : vocabulary.encodeName(name)) {
                n[before * size + next]++;
                before = next;
            }
            n[before * size]++; // the end
        }
        try (NDArray whole = manager.create(n, new Shape(size, size))) {
            return new BigramCounts(vocabulary, whole.toType(DataType.FLOAT32, true), smoothing);
        }
    }

    /**
     * {@return the untrained model: it has counted nothing, and with one fake count each all
     * characters are as likely, 1 / V}
     *
     * @param manager the manager of the counts
     * @param vocabulary the characters
     */
    public static BigramCounts uniform(NDManager manager, CharVocabulary vocabulary) {
        return of(manager, List.of(), vocabulary, 1);
    }

    /**
     * {@return the model of the same counts with another smoothing}
     *
     * @param other what is added to each count, 0 or more
     */
    public BigramCounts withSmoothing(double other) {
        return new BigramCounts(vocabulary, counts, other);
    }

    /**
     * {@return P, the probability of column j after row i, (V, V), FLOAT32; each row adds up to 1}
     *
     * @param manager the manager of the result
     */
    public NDArray probabilities(NDManager manager) {
        NDArray p = counts.duplicate(); // (V, V)
        p.attach(manager); // and so is what follows, and not in the manager of the counts
        p.addi(smoothing);
        NDArray sum = p.sum(new int[] {1}, true); // (V, 1); without the 1 columns were divided
        return p.divi(sum.maximum(Float.MIN_NORMAL));
    }

    /**
     * {@return how likely each bigram of names is}
     *
     * @param names the names, without '.'
     */
    public Likelihood likelihood(List<String> names) {
        try (NDManager manager = counts.getManager().newSubManager()) {
            return Likelihood.of(names, vocabulary, probabilities(manager));
        }
    }
}
