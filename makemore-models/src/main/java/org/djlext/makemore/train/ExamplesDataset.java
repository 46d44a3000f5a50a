/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Sampler;
import ai.djl.translate.Batchifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/** Examples as a data set of DJL, which gathers the rows of many mini-batches by one call. */
final class ExamplesDataset extends ArrayDataset implements LastingBatches {

    // So many examples are worth a call of their own: what a call costs beside is nothing then.
    private static final int EXAMPLES = 2048;

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def gather(rows, x, y, sizes: List[int]):
                        return x[rows].split(sizes), y[rows].split(sizes)
                    """);
    private static final ScriptFunction GATHER = SCRIPT.function("gather");

    private final NDArray x;
    private final NDArray y;

    ExamplesDataset(NDArray x, NDArray y, Sampler sampler) {
        super(new ArrayDataset.Builder().setData(x).optLabels(y).setSampling(sampler));
        this.x = x;
        this.y = y;
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
            int count = 0;
            do {
                List<Long> one = sample.next();
                indices.add(one);
                count += one.size();
            } while (count < EXAMPLES && sample.hasNext());
            long[] sizes = indices.stream().mapToLong(List::size).toArray();
            long[] all =
                    indices.stream().flatMap(List::stream).mapToLong(Long::longValue).toArray();
            NDList parts;
            try (NDArray here = manager.create(all);
                    NDArray rows = here.toDevice(x.getDevice(), false)) {
                parts = GATHER.call(rows, x, y, sizes);
            }
            for (int i = 0; i < sizes.length; i++) {
                progress += sizes[i];
                gathered.add(
                        new Batch(
                                manager.newSubManager(),
                                new NDList(parts.get(i)),
                                new NDList(parts.get(sizes.length + i)),
                                (int) sizes[i],
                                Batchifier.STACK,
                                Batchifier.STACK,
                                progress,
                                size(),
                                indices.get(i)));
            }
        }
    }
}
