/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.djlext.distributed.ProcessGroup;
import org.djlext.optim.TorchOptimizer;
import org.jspecify.annotations.Nullable;

/**
 * Training steps of a block in one call of a script: forward, loss, gradients, clipping and update.
 *
 * <pre>{@code
 * try (CompiledStep step = CompiledStep.builder(block, Loss.softmaxCrossEntropyLoss())
 *         .setOptimizer(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build())
 *         .build()) {
 *     // data of shape (steps, batch, 784) and labels of shape (steps, batch)
 *     double[] losses = step.run(new NDList(data), new NDList(labels));
 * }
 * }</pre>
 *
 * <p>The block is any Block of DJL, which is run once on a batch of each shape to see what it does;
 * then its Java code is not run again. What cannot be compiled throws a {@link CompileException}.
 * The parameters are those of the block, changed in place; the optimizer counts its updates and
 * keeps its arrays as ever.
 *
 * <p>Each shape of a batch has a script of its own. The most recent ones are kept; {@link #counts}
 * tells how often one was compiled.
 *
 * <p>Not for several threads at a time.
 */
public final class CompiledStep implements AutoCloseable {

    /**
     * How often scripts were compiled and used.
     *
     * @param compiled how often a step was traced and compiled
     * @param reused how often there was a script already
     * @param evicted how many scripts were dropped for others
     */
    public record Counts(long compiled, long reused, long evicted) {}

    private final Block block;
    private final Loss loss;
    private final @Nullable Double maxNorm;
    private final List<Pass> passes;
    private final StepParameters parameters;
    private final StepUpdate update;
    private final Scripts scripts;
    private final Scripts updates = new Scripts(1);
    private final @Nullable DataParallel ranks;
    private double gradientNorm = Double.NaN;

    private CompiledStep(Builder builder, Optimizer optimizer) {
        block = builder.block;
        loss = builder.loss;
        maxNorm = builder.maxNorm;
        scripts = new Scripts(builder.maxScripts);
        passes = builder.passes;
        parameters = new StepParameters(block);
        parameters.checkTrained();
        ProcessGroup group = builder.group;
        ranks =
                group == null
                        ? null
                        : new DataParallel(group, builder.averageEvery, loss, parameters);
        update = StepUpdate.of(optimizer, parameters.ids(), parameters.trainedArrays());
    }

    /**
     * {@return a builder}
     *
     * @param block the block to train, initialized
     * @param loss the loss
     */
    public static Builder builder(Block block, Loss loss) {
        return new Builder(block, loss);
    }

    /**
     * Does many steps, with the learning rates of the optimizer.
     *
     * @param data data, each array with the steps as its first axis
     * @param labels labels, each array with the steps as its first axis
     * @return the loss of each step, before its update; the last one may be infinite or NaN, then
     *     that step and those after it have not updated the parameters
     * @throws CompileException if the step cannot be compiled
     */
    public double[] run(NDList data, NDList labels) {
        return run(data, labels, null);
    }

    /**
     * Does many steps, with learning rates of the caller.
     *
     * @param data data, each array with the steps as its first axis
     * @param labels labels, each array with the steps as its first axis
     * @param rates the learning rate of each step, or null for those of the optimizer
     * @return the loss of each step, as {@link #run(NDList, NDList)}
     * @throws CompileException if the step cannot be compiled
     */
    public double[] run(NDList data, NDList labels, double @Nullable [] rates) {
        StepBatch batch = new StepBatch(data, labels);
        int steps = batch.steps();
        if (rates != null && rates.length != steps) {
            throw new IllegalArgumentException(
                    "run takes a learning rate for each step, but got %s for %s steps"
                            .formatted(rates.length, steps));
        }
        double[] numbers = update.next(steps, rates);
        return ranks == null ? steps(batch, numbers) : ranks.run(batch, numbers, this::steps);
    }

    private double[] steps(StepBatch batch, double[] numbers) {
        DataParallel reducing = ranks != null && ranks.reducesGradients() ? ranks : null;
        StepBatch first = batch.first();
        LineScript script =
                script(
                        first,
                        lines(),
                        trace -> StepScripts.ofSteps(trace, update, maxNorm, passes, reducing));
        first.close();
        try (NDArray losses = call(script, batch.all(), numbers).head()) {
            double[] done = losses.toDoubleArray();
            gradientNorm = done[done.length - 1];
            return Arrays.copyOf(done, done.length - 1);
        }
    }

    private NDList call(LineScript script, NDList batch, double... numbers) {
        NDList states = numbers.length == 0 ? new NDList() : update.states();
        return script.call(
                batch, parameters.trainedArrays(), parameters.otherArrays(), states, numbers);
    }

    /**
     * {@return the norm of all gradients together, before clipping, in the last step of the last
     * {@link #run}; NaN if that step was not done} Of several processes that let their parameters
     * differ, each has its own.
     */
    public double gradientNorm() {
        return gradientNorm;
    }

    /**
     * Makes the parameters of all ranks their mean, if {@link Builder#optAverageEvery} has let them
     * differ. All ranks call it, such as before one of them evaluates or saves.
     */
    public void averageParameters() {
        if (ranks != null) {
            ranks.averageParameters();
        }
    }

    /** Returns the loss, the predictions and the {@link #countTrained} gradients of a batch. */
    NDList gradients(StepBatch batch) {
        return call(script(batch, List.of(), StepScripts::ofGradients), batch.all());
    }

    /** How many parameters are trained. */
    int countTrained() {
        return parameters.trained().size();
    }

    /** How many labels a batch has, if they matter. */
    double countLabels(StepBatch batch) {
        return ranks == null ? 1 : ranks.count(batch);
    }

    /** Reduces the gradients of this rank, each a mean over so many labels. */
    void reduce(NDList gradients, double labels) {
        if (ranks != null) {
            ranks.reduce(gradients, labels);
        }
    }

    /** Updates the parameters. */
    void update(NDList gradients) {
        double[] numbers = update.next(1, null);
        LineScript script =
                updates.get(
                        lines(), () -> StepScripts.ofUpdate(parameters.trainedArrays(), update));
        call(script, gradients, numbers);
    }

    private List<List<String>> lines() {
        return IntStream.range(0, parameters.ids().size()).mapToObj(update::lines).toList();
    }

    /** Returns the script for batches like this one, compiled now if there is none. */
    private LineScript script(
            StepBatch batch, List<List<String>> lines, Function<Trace, LineScript> compiler) {
        parameters.checkUnchanged();
        return scripts.get(List.of(batch.forms(), lines), () -> compile(batch, compiler));
    }

    private LineScript compile(StepBatch batch, Function<Trace, LineScript> compiler) {
        try (Trace trace = Trace.ofStep(block, loss, parameters, batch)) {
            if (ranks != null) {
                ranks.trace(trace);
            }
            return compiler.apply(trace);
        }
    }

    /**
     * {@return the script that was used last, as {@link org.djlext.torch.TorchScript} compiles it,
     * each line with the place in Java that it comes from}
     *
     * @throws IllegalStateException if no step was done yet
     */
    public String script() {
        return scripts.text();
    }

    /** {@return how often scripts were compiled and used} */
    public Counts counts() {
        return scripts.counts();
    }

    /** Frees the scripts. The block and the optimizer are not affected. */
    @Override
    public void close() {
        scripts.close();
        updates.close();
    }

    /** The builder of {@link CompiledStep}. */
    public static final class Builder {

        private final Block block;
        private final Loss loss;
        private @Nullable Optimizer optimizer;
        private @Nullable Double maxNorm;
        private int maxScripts = 8;
        private List<Pass> passes = Pass.MANY_STEPS;
        private @Nullable ProcessGroup group;
        private int averageEvery = 1;

        private Builder(Block block, Loss loss) {
            this.block = block;
            this.loss = loss;
        }

        /**
         * {@return this builder, with what updates the parameters}
         *
         * @param optimizer any of DJL's own, also Nag, Adagrad, RmsProp and Adadelta (whose rate is
         *     1), which its PyTorch engine has no update for; or a {@link TorchOptimizer}
         */
        public Builder setOptimizer(Optimizer optimizer) {
            this.optimizer = optimizer;
            return this;
        }

        /**
         * Sets the largest norm that all gradients together may have; larger ones are scaled down,
         * as by PyTorch's {@code clip_grad_norm_}. Without it none are.
         *
         * @param maxNorm the norm
         * @return this builder
         */
        public Builder optClipNorm(double maxNorm) {
            if (!(maxNorm > 0)) {
                throw new IllegalArgumentException(
                        "the largest norm must be above 0, but got " + maxNorm);
            }
            this.maxNorm = maxNorm;
            return this;
        }

        /**
         * {@return this builder, which keeps the scripts of so many shapes of batches}
         *
         * @param maxScripts the number, 8 without it
         */
        public Builder optMaxScripts(int maxScripts) {
            if (maxScripts < 1) {
                throw new IllegalArgumentException(
                        "at least 1 script must be kept, but got " + maxScripts);
            }
            this.maxScripts = maxScripts;
            return this;
        }

        /**
         * Trains in several processes: each rank runs steps on its own shard of every batch, and
         * the gradients and the loss of a step are the means over all labels of all ranks. All
         * ranks start from the parameters of rank 0, build the step and call {@code run} together,
         * with as many steps; a NaN or infinite loss of one ends the steps of all. The loss must be
         * a mean over labels ({@link org.djlext.distributed.LabelMean} if not over all of them).
         *
         * @param group the ranks
         * @return this builder
         */
        public Builder optProcessGroup(ProcessGroup group) {
            this.group = group;
            return this;
        }

        /**
         * Lets the ranks of {@link #optProcessGroup} take several steps with gradients of their own
         * (local SGD), after which their parameters and running statistics become the mean. What an
         * optimizer keeps, such as AdamW's moments, stays each rank's own.
         *
         * @param steps how many; 1 without it, for gradients that are reduced in each step
         * @return this builder
         */
        public Builder optAverageEvery(int steps) {
            if (steps < 1) {
                throw new IllegalArgumentException(
                        "parameters are averaged every 1 step or more, but got " + steps);
            }
            averageEvery = steps;
            return this;
        }

        /** Sets other passes, for tests and measurements. */
        Builder optPasses(List<Pass> passes) {
            this.passes = passes;
            return this;
        }

        /**
         * {@return the step}
         *
         * @throws IllegalStateException if the block is not initialized, or has nothing to train
         */
        public CompiledStep build() {
            Optimizer set = optimizer;
            if (set == null) {
                throw new IllegalStateException(
                        "a compiled step needs an optimizer; call setOptimizer");
            }
            return new CompiledStep(this, set);
        }
    }
}
