/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.RandomAccessDataset;
import ai.djl.training.dataset.Record;
import ai.djl.training.dataset.Sampler;
import java.util.List;
import java.util.stream.LongStream;

/** Examples as a data set of DJL, which gathers mini-batches whole. */
final class ExamplesDataset extends ArrayDataset {

    private final Examples examples;

    ExamplesDataset(Examples examples, Sampler sampler) {
        super(new Sampling().setSampling(sampler));
        this.examples = examples;
    }

    /** The settings of a data set without arrays. */
    private static final class Sampling extends BaseBuilder<Sampling> {
        @Override
        protected Sampling self() {
            return this;
        }
    }

    @Override
    protected long availableSize() {
        return examples.size();
    }

    @Override
    public Record get(NDManager manager, long index) {
        Examples.Batch one = examples.gather(manager, new long[] {index});
        return new Record(new NDList(one.x().get(0)), new NDList(one.y().get(0)));
    }

    @Override
    public Batch getByIndices(NDManager manager, long... indices) {
        return batch(manager, indices);
    }

    @Override
    public Batch getByRange(NDManager manager, long from, long to) {
        return batch(manager, LongStream.range(from, to).toArray());
    }

    private Batch batch(NDManager manager, long[] chosen) {
        Examples.Batch batch = examples.gather(manager, chosen);
        return new Batch(
                manager,
                new NDList(batch.x()),
                new NDList(batch.y()),
                chosen.length,
                dataBatchifier,
                labelBatchifier,
                -1,
                -1);
    }

    @Override
    protected RandomAccessDataset newSubDataset(int[] indices, int from, int to) {
        return new ExamplesDataset(examples.subset(to - from, i -> indices[from + i]), sampler);
    }

    @Override
    protected RandomAccessDataset newSubDataset(List<Long> indices) {
        return new ExamplesDataset(
                examples.subset(indices.size(), i -> indices.get(i).intValue()), sampler);
    }
}
