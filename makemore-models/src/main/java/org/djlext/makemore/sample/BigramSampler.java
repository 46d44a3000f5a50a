/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.TorchGenerator;

/**
 * Names from a table of probabilities: each character is drawn from the row of the one before, from
 * '.' until '.' is drawn.
 */
public final class BigramSampler {

    private final CharVocabulary vocabulary;
    private final float[][] rows;

    /**
     * Takes a table.
     *
     * @param vocabulary the characters
     * @param probabilities (V, V), FLOAT32: the probability of column j after row i
     */
    public BigramSampler(CharVocabulary vocabulary, NDArray probabilities) {
        int size = vocabulary.size();
        if (!probabilities.getShape().equals(new Shape(size, size))) {
            throw new IllegalArgumentException(
                    "a sampler of %s characters takes probabilities of shape (%s, %s), but got %s"
                            .formatted(size, size, size, probabilities.getShape()));
        }
        this.vocabulary = vocabulary;
        float[] flat = probabilities.toFloatArray();
        rows = new float[size][];
        for (int i = 0; i < size; i++) {
            rows[i] = Arrays.copyOfRange(flat, i * size, (i + 1) * size);
        }
    }

    /**
     * {@return some names, each with the '.' that ends it, as the lecture prints them}
     *
     * @param manager a manager for the work
     * @param generator what to draw from; one number a character
     * @param count how many
     */
    public List<String> names(NDManager manager, TorchGenerator generator, int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(next(manager, generator));
        }
        return names;
    }

    private String next(NDManager manager, TorchGenerator generator) {
        StringBuilder name = new StringBuilder();
        int ix = 0;
        do {
            ix = generator.multinomialWithReplacement(manager, rows[ix], 1)[0];
            name.append(vocabulary.character(ix));
        } while (ix != 0);
        return name.toString();
    }
}
