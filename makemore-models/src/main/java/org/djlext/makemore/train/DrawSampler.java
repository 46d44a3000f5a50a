/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.RandomAccessDataset;
import ai.djl.training.dataset.Sampler;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.makemore.data.TorchGenerator;

/**
 * Draws mini-batches with replacement, the lectures' {@code ix = torch.randint(0, N, (B,))}: after
 * the engine was seeded the same ones as {@link TrainingLoop} draws. A number of them make an
 * epoch.
 *
 * @param batchSize B
 * @param batches how many batches make an epoch
 */
public record DrawSampler(int batchSize, int batches) implements Sampler {

    // So many batches are drawn at once. One draw of all is what single draws give.
    private static final int AHEAD = 64;

    @Override
    public Iterator<List<Long>> sample(RandomAccessDataset dataset) {
        return IntStream.iterate(0, i -> i < batches, i -> i + AHEAD)
                .mapToObj(i -> draw(Math.min(AHEAD, batches - i), dataset.size()))
                .flatMap(List::stream)
                .iterator();
    }

    private List<List<Long>> draw(int count, long size) {
        try (NDManager cpu = NDManager.newBaseManager(Device.cpu())) {
            int all = Math.multiplyExact(count, batchSize);
            long[] rows = TorchGenerator.integers(cpu, size, all);
            return IntStream.range(0, count)
                    .mapToObj(i -> Arrays.stream(rows, i * batchSize, (i + 1) * batchSize))
                    .map(batch -> batch.boxed().toList())
                    .toList();
        }
    }

    @Override
    public int getBatchSize() {
        return batchSize;
    }
}
