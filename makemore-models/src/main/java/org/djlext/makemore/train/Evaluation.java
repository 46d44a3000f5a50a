/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.torch.RandomState;
import org.djlext.torch.RandomStream;

/**
 * The loss of data sets, with dropout off and nothing recorded: {@code split_loss} and {@code
 * estimate_loss} of the lectures.
 */
public final class Evaluation {

    // Bounds the memory: 512 rows of 200 floats are 400 KiB, as much as a fast cache holds. A model
    // of every position has as many rows as positions, and some of them a window for each.
    private static final int CHUNK = 512;
    private static final int CHUNK_OF_SQUARES = CHUNK * 16 * 16;

    private final NDManager manager;
    private final LanguageModel model;
    private double sum;
    private long count;

    private Evaluation(NDManager manager, LanguageModel model) {
        this.manager = manager;
        this.model = model;
    }

    /**
     * {@return the loss of a whole data set, computed in chunks: the mean cross entropy in nats a
     * predicted character}
     *
     * @param manager a manager of the model's device
     * @param model the model
     * @param examples the data set
     * @throws IllegalArgumentException if it is empty
     */
    public static double loss(NDManager manager, LanguageModel model, Examples examples) {
        if (examples.size() == 0) {
            throw new IllegalArgumentException(
                    "a loss is a mean over one example or more, but the data set is empty");
        }
        Evaluation evaluation = new Evaluation(manager, model);
        int stride = examples.stride();
        long rows = (examples.size() - 1L) / stride + 1;
        int chunk = chunk(model);
        for (long from = 0; from < rows; from += chunk) {
            long to = Math.min(from + chunk, rows);
            long[] chosen = LongStream.range(from, to).map(row -> row * stride).toArray();
            evaluation.add(sub -> examples.gather(sub, chosen));
        }
        return evaluation.sum / evaluation.count;
    }

    /**
     * {@return the loss of a data set as the mean of random batches, drawn from the engine's
     * generator}
     *
     * @param manager a manager of the model's device
     * @param model the model
     * @param examples the data set
     * @param batches how many batches; lecture 7 takes 200
     * @param batchSize the number of examples of each
     */
    public static double estimate(
            NDManager manager, LanguageModel model, Examples examples, int batches, int batchSize) {
        double sum = 0;
        for (int i = 0; i < batches; i++) {
            Evaluation evaluation = new Evaluation(manager, model);
            evaluation.add(sub -> examples.draw(sub, batchSize));
            sum += evaluation.sum / evaluation.count;
        }
        return sum / batches;
    }

    /** Estimates the losses of data sets with the numbers of a stream, which is left as it was. */
    static double[] estimates(
            NDManager manager,
            LanguageModel model,
            List<Examples> sets,
            int batches,
            int batchSize,
            RandomStream random) {
        return random.run(
                () -> {
                    try (NDManager sub = manager.newSubManager(Device.cpu())) {
                        NDArray state = RandomState.get(sub, Device.cpu());
                        double[] losses =
                                sets.stream()
                                        .mapToDouble(
                                                set ->
                                                        estimate(
                                                                manager, model, set, batches,
                                                                batchSize))
                                        .toArray();
                        RandomState.set(state, Device.cpu());
                        return losses;
                    }
                });
    }

    private static int chunk(LanguageModel model) {
        long block = model.config().blockSize();
        return model.everyPosition()
                ? (int) Math.max(1, Math.min(CHUNK, CHUNK_OF_SQUARES / (block * block)))
                : CHUNK;
    }

    private void add(Function<NDManager, Examples.Batch> examples) {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            Examples.Batch batch = examples.apply(sub);
            NDArray logits = model.call(new ParameterStore(sub, false), batch.x(), false);
            NDArray predicted = batch.y().neq(LanguageModel.IGNORED);
            long n = predicted.toType(DataType.INT64, false).sum().getLong();
            NDArray loss = model.loss(logits, batch.y()).toType(DataType.FLOAT64, false);
            sum += n * loss.getDouble();
            count += n;
        }
    }
}
