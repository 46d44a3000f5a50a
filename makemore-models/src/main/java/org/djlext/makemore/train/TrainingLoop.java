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
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.optim.TorchOptimizer;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * The lectures' training loop: a random mini-batch, forward, backward, update.
 *
 * <p>Everything a step computes is freed at its end. A NaN or infinite loss stops the loop before
 * the update, so that the parameters stay those of the last good step.
 */
public final class TrainingLoop implements AutoCloseable {

    // So many indices are worth a call of their own: what a call costs beside is nothing then, and
    // what they take is some megabytes.
    private static final int INDICES = 51_200;
    private static final int FEWEST_STEPS = 4;

    private final NDManager manager;
    private final LanguageModel model;
    private final Examples examples;
    private final TrainingConfig config;
    private final @Nullable RandomStream random;
    private final TrainingRanks ranks;
    private final TorchOptimizer optimizer;
    private final TrainingSteps steps;
    private int stepsDone;
    private boolean compiled;
    private @Nullable TrainingException diverged;
    private @Nullable GradientObserver observer;

    /** Is told of each step. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Is called after a step.
         *
         * @param step the number of the step, from 0
         * @param loss the loss of its mini-batch, before the update
         */
        void onStep(int step, float loss);
    }

    /** Sees the gradients of a step, which the update uses and then clears. */
    @FunctionalInterface
    public interface GradientObserver {
        /**
         * Is called between backward and update. What it computes is freed with the step.
         *
         * @param step the number of the step, from 0
         * @param rate the learning rate of its update
         */
        void onGradients(int step, double rate);
    }

    /**
     * Prepares training with random numbers of the engine's generator.
     *
     * @param manager a manager of the model's device
     * @param model the model, initialized
     * @param examples what it is trained on
     * @param config the settings
     * @throws IllegalArgumentException if the model cannot be trained like this
     */
    public TrainingLoop(
            NDManager manager, LanguageModel model, Examples examples, TrainingConfig config) {
        this(manager, model, examples, config, null, TrainingRanks.ALONE);
    }

    /**
     * Prepares training in one process or several.
     *
     * @param manager a manager of the model's device
     * @param model the model, initialized
     * @param examples what it is trained on
     * @param config the settings
     * @param random what mini-batches and dropout are drawn from; null for the engine's generator
     * @param ranks the processes, whose random numbers are the same
     * @throws IllegalArgumentException if the model cannot be trained like this
     */
    public TrainingLoop(
            NDManager manager,
            LanguageModel model,
            Examples examples,
            TrainingConfig config,
            @Nullable RandomStream random,
            TrainingRanks ranks) {
        config.check(model.config());
        ranks.prepare(model, config, examples, manager.getDevice());
        this.manager = manager;
        this.model = model;
        this.examples = examples;
        this.config = config;
        this.random = random;
        this.ranks = ranks;
        optimizer = config.optimizer().make(model);
        steps =
                new TrainingSteps(
                        manager,
                        model,
                        LanguageModel.newLoss(),
                        optimizer,
                        config.clip(),
                        config.gradients(),
                        ranks);
    }

    /** Returns the optimizer, whose state is part of a checkpoint. */
    TorchOptimizer optimizer() {
        return optimizer;
    }

    /** {@return the number of steps so far, which is that of the next step} */
    public int stepsDone() {
        return stepsDone;
    }

    /**
     * {@return the norm of all gradients together, before clipping, in the last of the steps; NaN
     * before the first, and if the last was not done}
     */
    public double gradientNorm() {
        return steps.gradientNorm();
    }

    /**
     * Continues where an earlier loop has stopped.
     *
     * @param step the number of the next step
     */
    public void resumeAt(int step) {
        stepsDone = step;
    }

    /**
     * Sets who sees the gradients, for diagnostics.
     *
     * @param observer the observer, in place of any before
     * @throws IllegalStateException if the steps are compiled, which shows no gradients
     */
    public void observe(GradientObserver observer) {
        if (steps.gradients() == Gradients.COMPILED) {
            throw new IllegalStateException(
                    "compiled steps show no gradients to an observer; train with MANUAL or ENGINE");
        }
        this.observer = observer;
    }

    /**
     * Trains until a number of steps are done.
     *
     * @param end the number, those before included
     * @param listener is told of each step
     * @throws TrainingException if a loss is NaN or infinite
     */
    public void runTo(int end, Listener listener) {
        while (stepsDone < end) {
            int step = stepsDone;
            for (float loss : steps(end - stepsDone)) {
                listener.onStep(step++, loss);
            }
        }
    }

    /**
     * Does one step.
     *
     * @return the loss of its mini-batch, before the update
     * @throws TrainingException if the loss is NaN or infinite
     */
    public float step() {
        return steps(1)[0];
    }

    /**
     * Does as many steps as are best done in one go: one that the engine records, or some that are
     * compiled.
     *
     * @param most the largest number of steps, at least 1
     * @return the loss of each one's mini-batch, before its update
     * @throws TrainingException if a loss is NaN or infinite; the steps before that one are done
     */
    public float[] steps(int most) {
        return steps.gradients() == Gradients.COMPILED
                ? compiledSteps(most)
                : new float[] {recordedStep()};
    }

    private float[] compiledSteps(int most) {
        if (diverged != null) {
            throw diverged;
        }
        int batchSize = batchSize();
        // What a step draws comes before the next batch.
        boolean one = config.batchSize() == 0 || model.config().random();
        int count = one ? 1 : Math.min(most, stepsPerCall(batchSize / ranks.size()));
        double[] rates = new double[count];
        Arrays.setAll(rates, i -> config.rateAt(stepsDone + i));
        try (NDManager sub = manager.newSubManager()) {
            long[] rows = rows(Math.multiplyExact(count, batchSize));
            Examples.Batch batch = examples.gather(sub, ranks.shard(rows, count));
            NDArray x = split(batch.x(), count);
            NDArray y = split(batch.y(), count);
            // The first call records the model and then puts the engine's random numbers back,
            // between which another thread's stream must not draw.
            Supplier<double[]> work = () -> steps.run(x, y, rates);
            RandomStream turn = compiled || ranks.size() > 1 ? null : random;
            float[] losses = counted(turn == null ? drawing(dropout(), work) : turn.run(work));
            compiled = true;
            if (losses.length == 0 && diverged != null) {
                throw diverged;
            }
            return losses;
        }
    }

    /** Draws the numbers of examples; one draw of many is what single draws give in turn. */
    private long[] rows(int size) {
        if (config.batchSize() == 0) {
            return LongStream.range(0, size).toArray();
        }
        return random == null
                ? examples.drawRows(manager, size)
                : random.run(() -> examples.drawRows(manager, size));
    }

    /** Returns what the next step's dropout is drawn from; null for the engine's generator. */
    private @Nullable RandomStream dropout() {
        return ranks.size() == 1 ? random : ranks.dropout(config.seed(), stepsDone);
    }

    /** Does what draws random numbers if the model has dropout. */
    private <T> T drawing(@Nullable RandomStream dropout, Supplier<T> work) {
        return dropout != null && model.config().random() ? dropout.run(work) : work.get();
    }

    private int batchSize() {
        return config.batchSize() == 0 ? examples.size() : config.batchSize();
    }

    private int stepsPerCall(int batchSize) {
        long indices = Math.multiplyExact((long) batchSize, model.config().blockSize());
        return (int) Math.max(FEWEST_STEPS, INDICES / indices);
    }

    private static NDArray split(NDArray rows, int count) {
        Shape shape = rows.getShape();
        return rows.reshape(new Shape(count, shape.get(0) / count).addAll(shape.slice(1)));
    }

    /**
     * Counts the steps up to the first whose loss is NaN or infinite. If there are any before it,
     * that is said when the next are asked for.
     */
    private float[] counted(double[] done) {
        float[] losses = new float[done.length];
        for (int i = 0; i < losses.length; i++) {
            losses[i] = (float) done[i];
            if (!Float.isFinite(losses[i])) {
                diverged = diverged(losses[i]);
                return Arrays.copyOf(losses, i);
            }
            stepsDone++;
        }
        return losses;
    }

    private float recordedStep() {
        RandomStream dropout = dropout();
        float value = 0;
        for (int i = 1; i < config.accumulation(); i++) {
            try (NDManager sub = manager.newSubManager();
                    NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                value += backward(sub, dropout);
            }
        }
        // What the last batch computes stays until its step is done, for an observer.
        try (NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            value = steps.reduce(value + backward(sub, dropout));
            if (!Float.isFinite(value)) {
                throw diverged(value);
            }
            steps.clip();
            double rate = config.rateAt(stepsDone);
            if (observer != null) {
                observer.onGradients(stepsDone, rate);
            }
            steps.update(rate);
            steps.average();
            stepsDone++;
            return value;
        }
    }

    /** Adds the gradients of a batch to those of the step, and returns its share of the loss. */
    private float backward(NDManager sub, @Nullable RandomStream dropout) {
        long[] rows = rows(batchSize());
        Examples.Batch own = examples.gather(sub, ranks.shard(rows, 1));
        double share =
                ranks.size() == 1
                        ? 1
                        : (double) labels(own.y()) / labels(examples.gather(sub, rows).y());
        double parts = config.accumulation() / share;
        return drawing(dropout, () -> (float) (steps.backward(own.x(), own.y(), parts) / parts));
    }

    private static long labels(NDArray y) {
        return y.neq(LanguageModel.IGNORED).toType(DataType.INT64, false).sum().getLong();
    }

    /** Makes the parameters of all ranks the same, which all of them call. */
    void average() {
        steps.average();
    }

    private TrainingException diverged(float loss) {
        return TrainingException.atStep(model, stepsDone, loss);
    }

    /** Checks that training has not made a parameter NaN or infinite in its last step. */
    void checkFinite() {
        TrainingException.checkFinite(model, stepsDone);
    }

    /** Frees what is compiled, and the optimizer. */
    @Override
    public void close() {
        steps.close();
        optimizer.close();
    }
}
