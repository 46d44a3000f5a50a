/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.BatchSampler;
import ai.djl.training.dataset.RandomSampler;
import ai.djl.training.dataset.Sampler;
import ai.djl.training.dataset.SequenceSampler;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A data set, from which mini-batches are gathered whole, to the device of their manager.
 *
 * <p>Its memory is that of the characters: the tensors of an example are made when it is in a
 * batch, and belong to the manager of the batch.
 */
public interface Examples {

    /**
     * Some of the examples.
     *
     * @param x (B, T), INT64
     * @param y (B) or (B, T), INT64
     */
    record Batch(NDArray x, NDArray y) {}

    /**
     * {@return the examples of names, in their order}
     *
     * @param names the names
     * @param vocabulary the numbers of their characters
     * @param everyPosition whether each position has a target, or only what follows a context
     * @param blockSize how many characters a model sees
     * @throws DataFileException if a name does not fit the block size
     */
    static Examples of(
            List<String> names, CharVocabulary vocabulary, boolean everyPosition, int blockSize) {
        return everyPosition
                ? Sequences.of(names, blockSize, vocabulary)
                : Contexts.of(names, blockSize, vocabulary);
    }

    /** {@return the number of examples, N} */
    int size();

    /**
     * {@return how far apart examples are that together cover the data once, 1 unless they overlap}
     */
    default int stride() {
        return 1;
    }

    /**
     * {@return the examples of these numbers}
     *
     * @param manager the manager of the batch
     * @param rows their numbers
     */
    Batch gather(NDManager manager, long[] rows);

    /**
     * {@return consecutive examples}
     *
     * @param manager the manager of the batch
     * @param from the first example
     * @param to the one after the last
     */
    default Batch slice(NDManager manager, int from, int to) {
        return gather(manager, LongStream.range(from, to).toArray());
    }

    /**
     * {@return a mini-batch drawn with replacement, the lectures' {@code ix = torch.randint(0, N,
     * (B,))}}
     *
     * @param manager the manager of the batch
     * @param batchSize B
     */
    default Batch draw(NDManager manager, int batchSize) {
        return gather(manager, drawRows(manager, batchSize));
    }

    /**
     * {@return the numbers of examples drawn with replacement, {@code torch.randint(0, N, (B,))}}
     *
     * @param manager a manager of the engine
     * @param batchSize B
     */
    default long[] drawRows(NDManager manager, int batchSize) {
        // Drawn on the CPU, so that the numbers do not depend on the device.
        try (NDManager cpu = manager.newSubManager(Device.cpu());
                NDArray rows = cpu.randomInteger(0, size(), new Shape(batchSize), DataType.INT64)) {
            return rows.toLongArray();
        }
    }

    /**
     * {@return a data set of DJL, for {@code EasyTrain} and the like, which gathers mini-batches
     * whole too}
     *
     * @param batchSize the number of examples of a batch
     * @param shuffle whether they come in another order in each epoch
     */
    default ArrayDataset toDataset(int batchSize, boolean shuffle) {
        return toDataset(
                new BatchSampler(shuffle ? new RandomSampler() : new SequenceSampler(), batchSize));
    }

    /**
     * {@return a data set of DJL with batches of one's own choice}
     *
     * @param sampler chooses the examples of each batch
     */
    default ArrayDataset toDataset(Sampler sampler) {
        return new ExamplesDataset(this, sampler);
    }
}
