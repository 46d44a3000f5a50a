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
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.Layer;

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
 * <p>Input: characters of shape (..), INT64. Output: log P of the next of V characters, (.., V);
 * its cross entropy is the negative log likelihood, because its softmax is P. There is no gradient.
 *
 * <p>Parameter: counts, (V, V), FLOAT32, which counts to 2^24 without rounding.
 */
public final class BigramCounts extends Layer {

    private final CharVocabulary vocabulary;
    private final double smoothing;
    private final Parameter counts;

    /**
     * Creates a model whose counts are 0 once it is initialized.
     *
     * @param vocabulary the characters
     * @param smoothing what is added to each count, 0 or more
     */
    public BigramCounts(CharVocabulary vocabulary, double smoothing) {
        if (!(smoothing >= 0 && smoothing < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("smoothing must be 0 or more, but got " + smoothing);
        }
        this.vocabulary = vocabulary;
        this.smoothing = smoothing;
        counts =
                addParameter(
                        Parameter.builder()
                                .setName("counts")
                                .setType(Parameter.Type.OTHER)
                                .optShape(new Shape(vocabulary.size(), vocabulary.size()))
                                .optInitializer(Initializer.ZEROS)
                                .optRequiresGrad(false)
                                .build());
    }

    /**
     * {@return a model that has counted}
     *
     * @param manager the manager of the counts
     * @param names what to count in
     * @param vocabulary the characters
     * @param smoothing what is added to each count, 0 or more
     */
    public static BigramCounts of(
            NDManager manager, List<String> names, CharVocabulary vocabulary, double smoothing) {
        BigramCounts model = new BigramCounts(vocabulary, smoothing);
        model.initialize(manager, DataType.FLOAT32, new Shape(1));
        model.count(names);
        return model;
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
     * Counts the bigrams of more names.
     *
     * @param names the names, without '.'
     * @throws IllegalArgumentException if one has a character that the vocabulary lacks, or '.'
     */
    public void count(List<String> names) {
        int size = vocabulary.size();
        long[] more = new long[size * size];
        for (String name : names) {
            int before = 0;
            for (int next : vocabulary.encodeName(name)) {
                more[before * size + next]++;
                before = next;
            }
            more[before * size]++; // the end
        }
        NDManager manager = counts().getManager();
        try (NDArray whole = manager.create(more, counts().getShape());
                NDArray added = whole.toType(DataType.FLOAT32, false)) {
            counts().addi(added);
        }
    }

    /**
     * {@return a model with a copy of the counts, in their manager, and another smoothing}
     *
     * @param other what is added to each count, 0 or more
     */
    public BigramCounts withSmoothing(double other) {
        BigramCounts model = of(counts().getManager(), List.of(), vocabulary, other);
        model.counts().addi(counts());
        return model;
    }

    /** {@return N, the counts themselves, (V, V), FLOAT32, without the smoothing} */
    public NDArray counts() {
        return counts.getArray();
    }

    /** {@return the characters} */
    public CharVocabulary vocabulary() {
        return vocabulary;
    }

    /**
     * {@return P, the probability of column j after row i, (V, V), FLOAT32; each row adds up to 1}
     *
     * @param manager the manager of the result
     */
    public NDArray probabilities(NDManager manager) {
        return normalized(manager, counts());
    }

    /**
     * {@return how likely each bigram of names is}
     *
     * @param names the names, without '.'
     */
    public Likelihood likelihood(List<String> names) {
        try (NDManager manager = counts().getManager().newSubManager()) {
            return Likelihood.of(names, vocabulary, probabilities(manager));
        }
    }

    // The copy comes first: results belong to its manager, and not to the model's.
    private NDArray normalized(NDManager manager, NDArray n) {
        NDArray p = n.duplicate(); // (V, V)
        p.attach(manager);
        p.addi(smoothing);
        NDArray sum = p.sum(new int[] {1}, true); // (V, 1); without the 1 columns were divided
        return p.divi(sum.maximum(Float.MIN_NORMAL));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        try (NDManager scratch = x.getManager().newSubManager()) {
            NDArray logP = normalized(scratch, pass.value(counts)).log(); // (V, V)
            return new EmbeddingFunction().apply(x, logP); // (.., V)
        }
    }

    @Override
    protected Shape outputShape(Shape input) {
        return input.add(vocabulary.size());
    }

    @Override
    protected Map<String, ?> settings() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("characters", '"' + vocabulary.characters() + '"');
        settings.put("smoothing", smoothing);
        return settings;
    }
}
