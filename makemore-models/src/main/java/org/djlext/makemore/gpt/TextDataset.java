/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.Batchifier;
import ai.djl.util.Progress;
import java.util.Iterator;
import java.util.stream.IntStream;
import org.djlext.makemore.gpt.TextData.Split;

/**
 * Random batches of a text for DJL's {@code EasyTrain}: a number of batches make an epoch. The loss
 * is {@link org.djlext.nn.CrossEntropyLoss}; DJL's own takes no logits of shape (B, T, V).
 *
 * <pre>{@code
 * EasyTrain.fit(trainer, 3, new TextDataset(data, Split.TRAIN, 32, 500), validation);
 * }</pre>
 *
 * @param data the text
 * @param split the part of it
 * @param batchSize B
 * @param batches how many batches make an epoch
 */
public record TextDataset(TextData data, Split split, int batchSize, int batches)
        implements Dataset {

    /**
     * Checks the sizes.
     *
     * @param data the text
     * @param split the part of it
     * @param batchSize at least 1
     * @param batches at least 1
     */
    public TextDataset {
        if (batchSize < 1 || batches < 1) {
            throw new IllegalArgumentException(
                    "a data set takes a batch size and a number of batches of at least 1, but got "
                            + batchSize
                            + " and "
                            + batches);
        }
    }

    /** Draws the batches of an epoch, each when it is asked for. */
    @Override
    public Iterable<Batch> getData(NDManager manager) {
        return () -> batches(manager);
    }

    private Iterator<Batch> batches(NDManager manager) {
        return IntStream.range(0, batches).mapToObj(i -> batch(manager, i)).iterator();
    }

    private Batch batch(NDManager manager, int index) {
        NDManager sub = manager.newSubManager();
        TextData.Batch drawn = data.batch(sub, split, batchSize);
        return new Batch(
                sub,
                new NDList(drawn.x()),
                new NDList(drawn.y()),
                batchSize,
                Batchifier.STACK,
                Batchifier.STACK,
                index,
                batches);
    }

    @Override
    public void prepare(Progress progress) {
        // The text is in memory.
    }
}
