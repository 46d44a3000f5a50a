/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
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
import org.djlext.makemore.data.Sequences;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/** A data set as two tensors on the model's device, from which mini-batches are gathered whole. */
public final class Examples implements AutoCloseable {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def gather(rows, x, y):
                        return x[rows], y[rows]
                    """);
    private static final ScriptFunction GATHER = SCRIPT.function("gather");

    private final NDArray x;
    private final NDArray y;

    /**
     * A part of the examples.
     *
     * @param x (B, T), INT64
     * @param y (B) or (B, T), INT64
     */
    public record Batch(NDArray x, NDArray y) {}

    /**
     * Keeps a data set.
     *
     * @param x the inputs, (N, T) and INT64; they are closed with this object
     * @param y the targets, (N) or (N, T) and INT64; they are closed with this object
     */
    public Examples(NDArray x, NDArray y) {
        this.x = x;
        this.y = y;
    }

    /**
     * Builds the data set that a model needs from names.
     *
     * @param manager the manager of the tensors, of the model's device
     * @param model decides on block size and on targets
     * @param names the names
     * @param vocabulary the numbers of their characters
     * @return the examples, in the order of the names
     */
    public static Examples of(
            NDManager manager, LanguageModel model, List<String> names, CharVocabulary vocabulary) {
        int blockSize = model.config().blockSize();
        if (model.everyPosition()) {
            Sequences sequences = Sequences.of(names, blockSize, vocabulary);
            return new Examples(sequences.x(manager), sequences.y(manager));
        }
        Contexts contexts = Contexts.of(names, blockSize, vocabulary);
        return new Examples(
                contexts.x(manager, 0, contexts.size()), contexts.y(manager, 0, contexts.size()));
    }

    /**
     * Returns the number of examples.
     *
     * @return N
     */
    public int size() {
        return (int) x.getShape().get(0);
    }

    /**
     * Draws a mini-batch with replacement, the lectures' {@code ix = torch.randint(0, N, (B,))}.
     *
     * @param manager the manager of the batch
     * @param batchSize B
     * @return the batch
     */
    public Batch draw(NDManager manager, int batchSize) {
        // Drawn on the CPU and then moved, so that the numbers do not depend on the device.
        try (NDManager cpu = manager.newSubManager(Device.cpu())) {
            NDArray rows = cpu.randomInteger(0, size(), new Shape(batchSize), DataType.INT64);
            NDArray here = rows.toDevice(x.getDevice(), false);
            here.attach(manager);
            return gather(here);
        }
    }

    /**
     * Gathers rows.
     *
     * @param rows their numbers, (B) and INT64; the batch has the same manager
     * @return the batch
     */
    public Batch gather(NDArray rows) {
        NDList batch = GATHER.call(rows, x, y);
        return new Batch(batch.get(0), batch.get(1));
    }

    /**
     * Returns consecutive examples.
     *
     * @param manager the manager of the batch
     * @param from the first example
     * @param to the one after the last
     * @return views of the tensors
     */
    public Batch slice(NDManager manager, int from, int to) {
        NDIndex index = new NDIndex().addSliceDim(from, to);
        NDArray someX = x.get(manager, index);
        NDArray someY = y.get(manager, index);
        return new Batch(someX, someY);
    }

    /**
     * Returns the examples as a data set of DJL, for {@code EasyTrain} and the like. It gathers
     * whole mini-batches too, many in one call.
     *
     * @param batchSize the number of examples of a batch
     * @param shuffle whether they come in another order in each epoch
     * @return the data set, which needs this object to stay open
     */
    public ArrayDataset toDataset(int batchSize, boolean shuffle) {
        return toDataset(
                new BatchSampler(shuffle ? new RandomSampler() : new SequenceSampler(), batchSize));
    }

    /**
     * Returns the examples as a data set of DJL with batches of one's own choice.
     *
     * @param sampler chooses the examples of each batch, such as a {@link DrawSampler}
     * @return the data set, which needs this object to stay open
     */
    public ArrayDataset toDataset(Sampler sampler) {
        return new ExamplesDataset(x, y, sampler);
    }

    @Override
    public void close() {
        x.close();
        y.close();
    }
}
