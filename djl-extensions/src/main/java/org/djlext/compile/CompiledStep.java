/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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

    // What a script belongs to.
    private record Key(List<Shape> shapes, List<DataType> types, List<List<String>> update) {}

    private final Block block;
    private final Loss loss;
    private final @Nullable Double maxNorm;
    private final int maxScripts;
    private final List<Pass> passes;
    private final StepParameters parameters;
    private final StepUpdate update;
    private final Map<Key, StepScript> scripts = new LinkedHashMap<>(8, 0.75f, true);
    private @Nullable UpdateScript updateScript;
    private List<List<String>> updateLines = List.of();
    private double @Nullable [] asked;
    private long compiled;
    private long reused;
    private long evicted;

    private CompiledStep(Builder builder, Optimizer optimizer) {
        block = builder.block;
        loss = builder.loss;
        maxNorm = builder.maxNorm;
        maxScripts = builder.maxScripts;
        passes = builder.passes;
        parameters = new StepParameters(block);
        update =
                optimizer instanceof TorchOptimizer own
                        ? new TorchUpdate(own, parameters.ids(), parameters.trainedArrays())
                        : new OptimizerProbe(
                                optimizer, parameters.ids(), parameters.trainedArrays());
    }

    /**
     * Returns a builder.
     *
     * @param block the block to train, initialized
     * @param loss the loss
     * @return the builder
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
        NDList batch = new NDList(data);
        batch.addAll(labels);
        int steps = steps(batch);
        if (rates != null && rates.length != steps) {
            throw new IllegalArgumentException(
                    "run takes a learning rate for each step, but got "
                            + rates.length
                            + " for "
                            + steps
                            + " steps");
        }
        double[] numbers = {};
        for (int i = 0; i < steps; i++) {
            double[] next = asked == null ? update.next(rates == null ? null : rates[i]) : asked;
            asked = null;
            if (i == 0) {
                numbers = new double[steps * next.length];
            }
            System.arraycopy(next, 0, numbers, i * next.length, next.length);
        }
        return script(first(data), first(labels)).steps(batch, update.states(), numbers);
    }

    private static int steps(NDList batch) {
        long steps = -1;
        for (NDArray array : batch) {
            long own = array.getShape().dimension() == 0 ? 0 : array.getShape().get(0);
            if (own < 1 || (steps >= 0 && own != steps)) {
                throw new IllegalArgumentException(
                        "run takes data and labels with as many steps as their first axis is long,"
                                + " but an array has the shape "
                                + array.getShape()
                                + (steps < 0 ? "" : " where others have " + steps + " steps"));
            }
            steps = own;
        }
        return Math.toIntExact(steps);
    }

    private static NDList first(NDList arrays) {
        NDList first = new NDList(arrays.size());
        arrays.forEach(array -> first.add(array.get(new NDIndex(0))));
        return first;
    }

    /** Returns what computes the gradients of batches like this one. */
    StepScript gradients(NDList data, NDList labels) {
        if (asked == null) {
            asked = update.next(null);
        }
        return script(data, labels);
    }

    /** Updates the parameters. */
    void update(NDList gradients) {
        double[] numbers = asked == null ? update.next(null) : asked;
        asked = null;
        NDList arrays = parameters.trainedArrays();
        List<List<String>> lines = lines();
        if (updateScript == null || !updateLines.equals(lines)) {
            updateScript = new UpdateScript(arrays, update);
            updateLines = lines;
        }
        updateScript.update(gradients, arrays, update.states(), numbers);
    }

    private List<List<String>> lines() {
        return IntStream.range(0, parameters.trainedArrays().size())
                .mapToObj(update::lines)
                .toList();
    }

    /** Returns the script for batches like this one, compiled now if there is none. */
    StepScript script(NDList data, NDList labels) {
        parameters.checkUnchanged();
        List<Shape> shapes = new ArrayList<>();
        List<DataType> types = new ArrayList<>();
        for (NDList list : List.of(data, labels)) {
            for (NDArray array : list) {
                shapes.add(array.getShape());
                types.add(array.getDataType());
            }
            shapes.add(new Shape());
        }
        Key key = new Key(shapes, types, lines());
        StepScript known = scripts.get(key);
        if (known != null) {
            reused++;
            return known;
        }
        StepScript script =
                new StepScript(block, loss, parameters, data, labels, update, maxNorm, passes);
        compiled++;
        scripts.put(key, script);
        if (scripts.size() > maxScripts) {
            Iterator<StepScript> oldest = scripts.values().iterator();
            oldest.next().close();
            oldest.remove();
            evicted++;
        }
        return script;
    }

    /**
     * Returns the script that was used last, each line with the place in Java that it comes from.
     *
     * @return the source, as {@link org.djlext.torch.TorchScript} compiles it
     * @throws IllegalStateException if no step was done yet
     */
    public String script() {
        String last = null;
        for (StepScript script : scripts.values()) {
            last = script.text();
        }
        if (last == null) {
            throw new IllegalStateException("a step has a script when it was run once");
        }
        return last;
    }

    /**
     * Returns how often scripts were compiled and used.
     *
     * @return the counts
     */
    public Counts counts() {
        return new Counts(compiled, reused, evicted);
    }

    /** Frees the scripts. The block and the optimizer are not affected. */
    @Override
    public void close() {
        scripts.values().forEach(StepScript::close);
        scripts.clear();
        if (updateScript != null) {
            updateScript.close();
        }
    }

    /** The builder of {@link CompiledStep}. */
    public static final class Builder {

        private final Block block;
        private final Loss loss;
        private @Nullable Optimizer optimizer;
        private @Nullable Double maxNorm;
        private int maxScripts = 8;
        private List<Pass> passes = Pass.MANY_STEPS;

        private Builder(Block block, Loss loss) {
            this.block = block;
            this.loss = loss;
        }

        /**
         * Sets how parameters are updated.
         *
         * @param optimizer Sgd, Adam or AdamW of DJL, or a {@link TorchOptimizer}
         * @return this builder
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
         * Sets for how many shapes of batches the script is kept.
         *
         * @param maxScripts the number, 8 without it
         * @return this builder
         */
        public Builder optMaxScripts(int maxScripts) {
            if (maxScripts < 1) {
                throw new IllegalArgumentException(
                        "at least 1 script must be kept, but got " + maxScripts);
            }
            this.maxScripts = maxScripts;
            return this;
        }

        /** Sets other passes, for tests and measurements. */
        Builder optPasses(List<Pass> passes) {
            this.passes = passes;
            return this;
        }

        /**
         * Builds the step.
         *
         * @return the step
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
