/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.SavedModel;
import org.djlext.nn.CheckedBlock;

/**
 * A Block that completes names: the language model, called once a character, and the draws between
 * the calls. So a whole name is one prediction for DJL, and a batch of names one batch.
 *
 * <p>Input: prefixes of shape (B, L) and INT64, filled up with {@link #NOTHING}. Output: names of
 * the same shape, filled up with 0. L is the length that the longest name can have.
 */
final class NameCompletion extends CheckedBlock {

    /** Where a prefix has ended. */
    static final long NOTHING = -1;

    private final SavedModel saved;
    private final SamplerSettings settings;

    NameCompletion(SavedModel saved, SamplerSettings settings) {
        this.saved = saved;
        this.settings = settings;
        LanguageModel model = addChildBlock("model", saved.model());
        // The model has its values already.
        beforeInitialize(new Shape(1, model.config().blockSize()));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow();
        NDManager manager = x.getManager();
        int length = (int) x.getShape().get(1);
        long[] numbers = x.toLongArray();
        List<int[]> prefixes = new ArrayList<>();
        for (int from = 0; from < numbers.length; from += length) {
            prefixes.add(
                    Arrays.stream(numbers, from, from + length)
                            .takeWhile(number -> number != NOTHING)
                            .mapToInt(Math::toIntExact)
                            .toArray());
        }
        Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
        long[] names = new long[numbers.length];
        int to = 0;
        for (int[] name : sampler.complete(prefixes, settings)) {
            for (int i = 0; i < name.length; i++) {
                names[to + i] = name[i];
            }
            to += length;
        }
        return new NDList(manager.create(names, x.getShape()));
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        saved.model().initialize(manager, dataType);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes;
    }
}
