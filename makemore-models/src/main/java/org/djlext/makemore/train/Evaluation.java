/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.model.LanguageModel;

/** The loss of whole data sets, {@code split_loss} of the lectures. */
public final class Evaluation {

    // Bounds the memory: 512 rows of 200 floats are 400 KiB, as much as a fast cache holds. A model
    // of every position has as many rows as positions, and some of them a window for each.
    private static final int CHUNK = 512;
    private static final int CHUNK_OF_SQUARES = CHUNK * 16 * 16;

    private Evaluation() {}

    /**
     * Computes the loss of a data set, in evaluation mode and in chunks.
     *
     * @param manager a manager of the model's device
     * @param model the model
     * @param examples the data set
     * @return the mean cross entropy in nats a predicted character
     */
    public static double loss(NDManager manager, LanguageModel model, Examples examples) {
        ParameterStore store = new ParameterStore(manager, false);
        double sum = 0;
        long count = 0;
        int block = model.config().blockSize();
        int chunk =
                model.everyPosition()
                        ? (int)
                                Math.max(
                                        1,
                                        Math.min(CHUNK, CHUNK_OF_SQUARES / ((long) block * block)))
                        : CHUNK;
        for (int from = 0; from < examples.size(); from += chunk) {
            int to = Math.min(from + chunk, examples.size());
            try (Autograd.Scope unrecorded = Autograd.noGrad();
                    NDManager sub = manager.newSubManager();
                    NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                Examples.Batch batch = examples.slice(sub, from, to);
                NDArray logits = model.call(store, batch.x(), false);
                NDArray predicted = batch.y().neq(LanguageModel.IGNORED);
                long n = predicted.toType(DataType.INT64, false).sum().getLong();
                sum += n * (double) model.loss(logits, batch.y()).getFloat();
                count += n;
            }
        }
        return sum / count;
    }
}
