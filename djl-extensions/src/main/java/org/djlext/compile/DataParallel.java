/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.loss.Loss;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.djlext.distributed.LabelMean;
import org.djlext.distributed.ProcessGroup;
import org.djlext.distributed.ReduceOp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A training whose ranks each have a shard of every batch, and all the same parameters. */
final class DataParallel {

    private static final Logger logger = LoggerFactory.getLogger(DataParallel.class);

    private final ProcessGroup group;
    private final int averageEvery;
    private final @Nullable Long ignored;
    private final StepParameters parameters;
    private int stepsApart;
    private boolean averagesStatistics;

    /**
     * Creates the training, with the values of rank 0.
     *
     * @param group the ranks
     * @param averageEvery after how many steps parameters are averaged; 1 if gradients are instead
     * @param loss the loss, a mean over labels
     * @param parameters the parameters of the block
     */
    DataParallel(ProcessGroup group, int averageEvery, Loss loss, StepParameters parameters) {
        this.group = group;
        this.averageEvery = averageEvery;
        this.parameters = parameters;
        ignored = loss instanceof LabelMean mean ? mean.ignoreIndex() : null;
        NDList all = parameters.trainedArrays();
        all.addAll(parameters.otherArrays());
        group.broadcast(all, 0);
    }

    /** Whether each step reduces gradients, and not every few of them parameters. */
    boolean reducesGradients() {
        return averageEvery == 1;
    }

    /** Says what the ranks have in common in a step. */
    void trace(Trace trace) {
        boolean hasStatistics = !parameters.statistics().isEmpty();
        // By the sums of batch norm.
        boolean isSynchronized = trace.program().step.stream().anyMatch(Line::isCollective);
        averagesStatistics = hasStatistics && !isSynchronized;
        if (isSynchronized && !reducesGradients()) {
            throw new IllegalStateException(
                    "steps between averages have no collectives, but the batch norm of this block"
                            + " is over all ranks; let each rank have its own, or reduce gradients in"
                            + " each step");
        }
        logger.info(
                "{}: {}{}",
                group,
                reducesGradients()
                        ? "gradients are reduced in each step"
                        : "parameters are averaged every " + averageEvery + " steps",
                !hasStatistics
                        ? ""
                        : isSynchronized
                                ? "; batch norm over the batches of all ranks"
                                : "; batch norm over each rank's own shard, running statistics"
                                        + " averaged");
    }

    /** Adds lines that reduce gradients and loss; the loss is the last of what they give. */
    List<Value> reduce(UpdateLines lines, List<Value> gradients, Value loss, Value labels) {
        DataType type = gradients.get(0).type;
        Object count =
                ignored == null
                        ? Double.toString((double) labels.shape.size())
                        : lines.count(labels, ignored, type);
        return lines.reduce(gradients, loss, count, group);
    }

    /** Counts the labels of a step. */
    double count(StepBatch batch) {
        try (NDArray whole = batch.counted().expandDims(0)) {
            return counts(whole)[0];
        }
    }

    private double[] counts(NDArray labels) {
        long steps = labels.getShape().get(0);
        double[] counts = new double[(int) steps];
        if (ignored == null) {
            Arrays.fill(counts, (double) labels.size() / steps);
            return counts;
        }
        try (NDManager manager = labels.getManager().newSubManager()) {
            NDArray own = labels.stopGradient();
            own.attach(manager);
            return own.reshape(steps, -1)
                    .neq(ignored)
                    .toType(DataType.FLOAT64, false)
                    .sum(new int[] {1})
                    .toDoubleArray();
        }
    }

    /** Does some steps, with the numbers of the update, as many for each. */
    interface Steps {
        double[] run(StepBatch batch, double[] numbers);
    }

    /** Does steps together with the other ranks, and returns the losses of all. */
    double[] run(StepBatch batch, double[] numbers, Steps steps) {
        if (reducesGradients()) {
            double[] losses = together(() -> steps.run(batch, numbers));
            averageStatistics();
            return losses;
        }
        int count = batch.steps();
        int each = numbers.length / count;
        double[] labels = counts(batch.counted());
        double[] losses = {};
        boolean isGood = true;
        while (isGood && losses.length < count) {
            int from = losses.length;
            int to = Math.min(count, from + averageEvery - stepsApart);
            StepBatch some = batch.part(from, to);
            double[] own =
                    together(
                            () ->
                                    steps.run(
                                            some,
                                            Arrays.copyOfRange(numbers, from * each, to * each)));
            double[] means = average(own, Arrays.copyOfRange(labels, from, to));
            losses = Arrays.copyOf(losses, from + means.length);
            System.arraycopy(means, 0, losses, from, means.length);
            isGood = Double.isFinite(losses[losses.length - 1]);
            some.close();
        }
        return losses;
    }

    /**
     * Ends steps whose gradients were this rank's own: averages the losses, and if it is time for
     * that the parameters too.
     *
     * @param own the losses of this rank, which may end before the last step
     * @param labels how many labels each step had
     * @return the losses of all ranks, up to the first one that is infinite or NaN
     */
    private double[] average(double[] own, double[] labels) {
        int steps = labels.length;
        double[] sums = new double[2 * steps];
        for (int i = 0; i < steps; i++) {
            sums[i] = i < own.length ? own[i] * labels[i] : Double.NaN;
            sums[steps + i] = labels[i];
        }
        stepsApart += steps;
        NDList all = isApartForLong() ? state() : new NDList();
        DataType type = parameters.trainedArrays().head().getDataType();
        try (NDManager manager = parameters.trainedArrays().getManager().newSubManager()) {
            // Of the parameters' type, so that there is one message.
            NDArray losses = manager.create(sums).toType(type, false);
            all.add(losses);
            group.allReduce(all, ReduceOp.MEAN);
            sums = losses.toType(DataType.FLOAT64, false).toDoubleArray();
        }
        stepsApart = isApartForLong() ? 0 : stepsApart;
        double[] means = new double[steps];
        int done = 0;
        boolean isGood = true;
        while (isGood && done < steps) {
            means[done] = sums[done] / sums[steps + done];
            isGood = Double.isFinite(means[done]);
            done++;
        }
        if (!isGood) {
            averageParameters();
        }
        return Arrays.copyOf(means, done);
    }

    private boolean isApartForLong() {
        return stepsApart >= averageEvery;
    }

    /** Returns what is averaged between steps. */
    private NDList state() {
        NDList state = new NDList(parameters.trainedArrays());
        if (averagesStatistics) {
            state.addAll(parameters.statistics());
        }
        return state;
    }

    /** Makes the parameters of all ranks the same. */
    void averageParameters() {
        if (stepsApart > 0) {
            group.allReduce(state(), ReduceOp.MEAN);
            stepsApart = 0;
        }
    }

    /** Makes the running statistics of all ranks the same. */
    void averageStatistics() {
        if (averagesStatistics) {
            group.allReduce(parameters.statistics(), ReduceOp.MEAN);
        }
    }

    /** Reduces the gradients of this rank, each a mean over so many labels. */
    void reduce(NDList gradients, double labels) {
        group.weightedMean(gradients, labels);
    }

    private double[] together(Supplier<double[]> work) {
        try {
            return work.get();
        } catch (EngineException e) {
            throw group.failure(e);
        }
    }
}
