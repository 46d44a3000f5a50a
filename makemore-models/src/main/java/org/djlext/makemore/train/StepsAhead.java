/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.fused.FusedStep;
import org.djlext.makemore.fused.PreparedStep;
import org.jspecify.annotations.Nullable;

/**
 * Fused steps of batches that come one by one, done for some batches at once where they are seen.
 */
final class StepsAhead implements AutoCloseable {

    // What a call costs beside its steps is little then, and a listener does not wait for long.
    private static final int AHEAD = 15;

    private final NDManager manager;
    private final FusedStep step;
    private final LearningRate rate;
    // By batch size: the last batch of an epoch may be smaller.
    private final Map<Integer, PreparedStep> prepared = new HashMap<>();
    private final Deque<Done> done = new ArrayDeque<>();
    private @Nullable BatchesAhead batches;

    private record Done(NDArray x, PreparedStep.Result result, boolean diverged) {}

    StepsAhead(NDManager manager, FusedStep step, LearningRate rate) {
        this.manager = manager;
        this.step = step;
        this.rate = rate;
    }

    /** Returns the same batches, of which the steps may see those to come. */
    Iterable<Batch> watch(Iterable<Batch> all) {
        return () -> {
            BatchesAhead watched = new BatchesAhead(all.iterator());
            batches = watched;
            return watched;
        };
    }

    /**
     * Returns what the step of a batch has computed, and does it if that was not done before.
     *
     * @throws TrainingException if the loss is no number
     */
    PreparedStep.Result next(NDArray x, NDArray y, int number) {
        if (done.isEmpty() || done.element().x != x) {
            done.clear();
            run(x, y, number);
        }
        Done next = done.remove();
        if (next.diverged) {
            throw new TrainingException(
                    "training stopped at step "
                            + number
                            + ", because the loss is "
                            + next.result.loss().getFloat()
                            + "; try a lower learning rate");
        }
        return next.result;
    }

    private void run(NDArray x, NDArray y, int number) {
        List<NDArray> xs = new ArrayList<>(List.of(x));
        List<NDArray> ys = new ArrayList<>(List.of(y));
        if (batches != null) {
            for (Batch batch : batches.ahead(x, AHEAD)) {
                xs.add(batch.getData().singletonOrThrow());
                ys.add(batch.getLabels().singletonOrThrow());
            }
        }
        double[] rates = new double[xs.size()];
        Arrays.setAll(rates, i -> rate.at(number + i));
        List<PreparedStep.Result> results =
                prepared.computeIfAbsent((int) x.getShape().get(0), n -> step.prepare(manager, n))
                        .run(xs, ys, rates);
        // Only the last loss may be no number, for there is no step after that one.
        float last = results.get(results.size() - 1).loss().getFloat();
        for (int i = 0; i < results.size(); i++) {
            boolean diverged = i == results.size() - 1 && !Float.isFinite(last);
            done.add(new Done(xs.get(i), results.get(i), diverged));
        }
    }

    @Override
    public void close() {
        prepared.values().forEach(PreparedStep::close);
        prepared.clear();
    }
}
