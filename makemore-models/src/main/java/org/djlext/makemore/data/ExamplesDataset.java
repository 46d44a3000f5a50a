/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.RandomAccessDataset;
import ai.djl.training.dataset.Record;
import ai.djl.training.dataset.Sampler;
import ai.djl.translate.Batchifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/** Examples as a data set of DJL, which gathers the rows of many mini-batches at once. */
final class ExamplesDataset extends ArrayDataset {

    // So many examples are worth a gathering: what it costs beside is nothing then.
    private static final int EXAMPLES = 2048;

    private final Examples examples;
    private final int count;
    private final LongUnaryOperator rows;

    ExamplesDataset(Examples examples, Sampler sampler) {
        this(examples, examples.size(), LongUnaryOperator.identity(), sampler);
    }

    private ExamplesDataset(Examples examples, int count, LongUnaryOperator rows, Sampler sampler) {
        super(new Sampling().setSampling(sampler));
        this.examples = examples;
        this.count = count;
        this.rows = rows;
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
        return count;
    }

    @Override
    public Record get(NDManager manager, long index) {
        Examples.Batch one = examples.gather(manager, new long[] {rows.applyAsLong(index)});
        return new Record(new NDList(one.x().get(0)), new NDList(one.y().get(0)));
    }

    @Override
    public Batch getByIndices(NDManager manager, long... indices) {
        return batch(manager, LongStream.of(indices));
    }

    @Override
    public Batch getByRange(NDManager manager, long from, long to) {
        return batch(manager, LongStream.range(from, to));
    }

    private Batch batch(NDManager manager, LongStream indices) {
        long[] chosen = indices.map(rows).toArray();
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
        return subset(to - from, i -> indices[from + (int) i]);
    }

    @Override
    protected RandomAccessDataset newSubDataset(List<Long> indices) {
        return subset(indices.size(), i -> indices.get((int) i));
    }

    private ExamplesDataset subset(int size, LongUnaryOperator index) {
        return new ExamplesDataset(examples, size, index.andThen(rows), sampler);
    }

    /** Returns the batches of an epoch. Reading is as fast as memory, so no thread reads ahead. */
    @Override
    public Iterable<Batch> getData(NDManager manager, Sampler of, ExecutorService executor) {
        return () -> new Batches(manager, of.sample(this));
    }

    private final class Batches implements Iterator<Batch> {
        private final NDManager manager;
        private final Iterator<List<Long>> sample;
        private final Deque<Batch> gathered = new ArrayDeque<>();
        private long progress;

        Batches(NDManager manager, Iterator<List<Long>> sample) {
            this.manager = manager;
            this.sample = sample;
        }

        @Override
        public boolean hasNext() {
            return !gathered.isEmpty() || sample.hasNext();
        }

        @Override
        public Batch next() {
            if (gathered.isEmpty()) {
                gather();
            }
            return gathered.remove();
        }

        private void gather() {
            List<List<Long>> indices = new ArrayList<>();
            int size = 0;
            do {
                List<Long> one = sample.next();
                indices.add(one);
                size += one.size();
            } while (size < EXAMPLES && sample.hasNext());
            long[] all =
                    indices.stream().flatMap(List::stream).mapToLong(rows::applyAsLong).toArray();
            try (NDManager whole = manager.newSubManager()) {
                Examples.Batch batch = examples.gather(whole, all);
                long[] ends = indices.stream().mapToLong(List::size).toArray();
                Arrays.parallelPrefix(ends, Long::sum);
                long[] cuts = Arrays.copyOf(ends, ends.length - 1);
                NDList xs = cuts.length == 0 ? new NDList(batch.x()) : batch.x().split(cuts);
                NDList ys = cuts.length == 0 ? new NDList(batch.y()) : batch.y().split(cuts);
                for (int i = 0; i < indices.size(); i++) {
                    // Copies, because a view does not keep alive what it is a view of.
                    add(indices.get(i), xs.get(i).duplicate(), ys.get(i).duplicate());
                }
            }
        }

        private void add(List<Long> indices, NDArray x, NDArray y) {
            NDManager own = manager.newSubManager();
            NDList data = new NDList(x);
            NDList labels = new NDList(y);
            data.attach(own);
            labels.attach(own);
            progress += indices.size();
            gathered.add(
                    new Batch(
                            own,
                            data,
                            labels,
                            indices.size(),
                            Batchifier.STACK,
                            Batchifier.STACK,
                            progress,
                            size(),
                            indices));
        }
    }
}
