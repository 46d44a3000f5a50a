/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.inference.streaming.StreamingBlock;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.sample.TokenStream;
import org.djlext.makemore.train.SavedModel;
import org.djlext.nn.CheckedBlock;
import org.jspecify.annotations.Nullable;

/**
 * A language model as a Block that completes prefixes: a whole name or text is one prediction for
 * DJL, a batch of them one batch, and a stream gives token by token.
 *
 * <p>Input: prefixes of shape (B, L), INT64, filled up with {@link #NOTHING}. Output: names or
 * texts with their prefixes, (B, M), filled up in the same way; or, in a stream of one prefix, one
 * token after the other, (1, 1).
 */
final class SamplerBlock extends CheckedBlock implements StreamingBlock {

    /** What stands where a prefix or a name has ended. */
    static final long NOTHING = -1;

    private final SavedModel saved;
    private final SamplerSettings settings;

    SamplerBlock(SavedModel saved, SamplerSettings settings) {
        this.saved = saved;
        this.settings = settings;
        addChildBlock("model", saved.model());
        // The model has its values already.
        beforeInitialize(new Shape(1, saved.model().config().blockSize()));
    }

    /** Returns a sampler of the model. */
    Sampler sampler(NDManager manager) {
        return new Sampler(manager, saved.model(), saved.vocabulary());
    }

    /** Puts rows into one array, (rows, longest), at least one long. */
    static NDArray padded(NDManager manager, List<int[]> rows) {
        int longest = Math.max(1, rows.stream().mapToInt(row -> row.length).max().orElse(0));
        long[] all = new long[rows.size() * longest];
        Arrays.fill(all, NOTHING);
        for (int i = 0; i < rows.size(); i++) {
            int[] row = rows.get(i);
            for (int j = 0; j < row.length; j++) {
                all[i * longest + j] = row[j];
            }
        }
        return manager.create(all, new Shape(rows.size(), longest));
    }

    /** Takes a row out of such an array, (.., longest). */
    static int[] row(NDArray padded) {
        return Arrays.stream(padded.toLongArray())
                .takeWhile(token -> token != NOTHING)
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            @Nullable PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow();
        List<int[]> prefixes = new ArrayList<>();
        for (int i = 0; i < x.getShape().get(0); i++) {
            prefixes.add(row(x.get(i)));
        }
        NDManager manager = x.getManager();
        return new NDList(padded(manager, sampler(manager).complete(prefixes, settings)));
    }

    @Override
    public Iterator<NDList> forwardStreamIter(
            ParameterStore store,
            NDList inputs,
            boolean training,
            @Nullable PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow();
        NDManager manager = x.getManager();
        // The cache is a manager below that of the input, and is closed with it.
        TokenStream stream = sampler(manager).stream(row(x), settings);
        Stream<Integer> tokens =
                StreamSupport.stream(((Iterable<Integer>) () -> stream).spliterator(), false);
        return tokens.map(token -> new NDList(padded(manager, List.of(new int[] {token}))))
                .iterator();
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
