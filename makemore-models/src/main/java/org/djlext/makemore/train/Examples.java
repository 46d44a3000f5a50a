/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

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
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.ExampleSource;
import org.djlext.makemore.data.Sequences;
import org.djlext.makemore.model.LanguageModel;

/**
 * A data set, from which mini-batches are gathered whole, to the model's device.
 *
 * <p>Its memory is that of the names, a byte a character: the tensors of an example are made when
 * it is in a batch.
 */
public final class Examples implements AutoCloseable {

    private final Device device;
    private final ExampleSource source;

    /**
     * A part of the examples.
     *
     * @param x (B, T), INT64
     * @param y (B) or (B, T), INT64
     */
    public record Batch(NDArray x, NDArray y) {}

    /**
     * Wraps examples.
     *
     * @param manager a manager of the device that batches go to
     * @param source the examples
     */
    public Examples(NDManager manager, ExampleSource source) {
        device = manager.getDevice();
        this.source = source;
    }

    /**
     * Builds the data set that a model needs from names.
     *
     * @param manager a manager of the model's device
     * @param model decides on block size and on targets
     * @param names the names
     * @param vocabulary the numbers of their characters
     * @return the examples, in the order of the names
     */
    public static Examples of(
            NDManager manager, LanguageModel model, List<String> names, CharVocabulary vocabulary) {
        int blockSize = model.config().blockSize();
        return new Examples(
                manager,
                model.everyPosition()
                        ? Sequences.of(names, blockSize, vocabulary)
                        : Contexts.of(names, blockSize, vocabulary));
    }

    /**
     * Returns the number of examples.
     *
     * @return N
     */
    public int size() {
        return source.size();
    }

    /**
     * Builds the data set that a model needs from a part of the data.
     *
     * @param manager a manager of the model's device
     * @param model decides on block size and on targets
     * @param corpus the data
     * @param part the part of them
     * @return the examples, in the order of the data
     */
    public static Examples of(
            NDManager manager, LanguageModel model, Corpus corpus, Corpus.Part part) {
        return new Examples(
                manager, corpus.examples(part, model.everyPosition(), model.config().blockSize()));
    }

    /**
     * Returns how far apart examples are that together cover the data once.
     *
     * @return 1 unless examples overlap
     */
    public int stride() {
        return source.stride();
    }

    /**
     * Draws a mini-batch with replacement, the lectures' {@code ix = torch.randint(0, N, (B,))}.
     *
     * @param manager the manager of the batch
     * @param batchSize B
     * @return the batch
     */
    public Batch draw(NDManager manager, int batchSize) {
        // Drawn on the CPU, so that the numbers do not depend on the device.
        try (NDManager cpu = manager.newSubManager(Device.cpu());
                NDArray rows = cpu.randomInteger(0, size(), new Shape(batchSize), DataType.INT64)) {
            return gather(manager, rows.toLongArray());
        }
    }

    /**
     * Gathers rows.
     *
     * @param manager the manager of the batch
     * @param rows their numbers
     * @return the batch
     */
    public Batch gather(NDManager manager, long[] rows) {
        return here(source.x(manager, rows), source.y(manager, rows));
    }

    /**
     * Returns consecutive examples.
     *
     * @param manager the manager of the batch
     * @param from the first example
     * @param to the one after the last
     * @return the batch
     */
    public Batch slice(NDManager manager, int from, int to) {
        return here(source.x(manager, from, to), source.y(manager, from, to));
    }

    private Batch here(NDArray x, NDArray y) {
        return new Batch(x.toDevice(device, false), y.toDevice(device, false));
    }

    /**
     * Returns the examples as a data set of DJL, for {@code EasyTrain} and the like. It gathers
     * whole mini-batches too, many in one call.
     *
     * @param batchSize the number of examples of a batch
     * @param shuffle whether they come in another order in each epoch
     * @return the data set
     */
    public ArrayDataset toDataset(int batchSize, boolean shuffle) {
        return toDataset(
                new BatchSampler(shuffle ? new RandomSampler() : new SequenceSampler(), batchSize));
    }

    /**
     * Returns the examples as a data set of DJL with batches of one's own choice.
     *
     * @param sampler chooses the examples of each batch, such as a {@link DrawSampler}
     * @return the data set
     */
    public ArrayDataset toDataset(Sampler sampler) {
        return new ExamplesDataset(this, sampler);
    }

    /** Does nothing: batches belong to their managers. */
    @Override
    public void close() {}
}
