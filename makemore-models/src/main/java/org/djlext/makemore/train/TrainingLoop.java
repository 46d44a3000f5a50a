/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedStep;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.model.LanguageModel;
import org.jspecify.annotations.Nullable;

/**
 * The lectures' training loop: a random mini-batch, forward, backward, update.
 *
 * <p>Everything a step computes is freed at its end. A loss that is no number stops the loop before
 * the update, so that the parameters stay those of the last good step.
 */
public final class TrainingLoop {

    private final NDManager manager;
    private final LanguageModel model;
    private final Examples examples;
    private final ParameterUpdate update;
    private final Settings settings;
    private final ParameterStore store;
    private final @Nullable FusedStep fused;
    private int stepsDone;
    private @Nullable GradientObserver observer;

    /**
     * The settings.
     *
     * @param batchSize the number of examples of a step; 0 for all examples, not drawn
     * @param rate the learning rate
     * @param clip the largest norm of all gradients together, or 0 for no limit
     */
    public record Settings(int batchSize, LearningRate rate, double clip) {}

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
     * Prepares training.
     *
     * @param manager a manager of the model's device
     * @param model the model, initialized
     * @param examples what it is trained on
     * @param update updates the parameters
     * @param settings the settings
     */
    public TrainingLoop(
            NDManager manager,
            LanguageModel model,
            Examples examples,
            ParameterUpdate update,
            Settings settings) {
        this.manager = manager;
        this.model = model;
        this.examples = examples;
        this.update = update;
        this.settings = settings;
        store = new ParameterStore(manager, false);
        fused = fused(model, update, settings);
    }

    private static @Nullable FusedStep fused(
            LanguageModel model, ParameterUpdate update, Settings settings) {
        List<FusedLayer> layers = model.fusedIfAsked();
        return layers.isEmpty() ? null : update.fused(model.blockSize(), layers, settings.clip);
    }

    /**
     * Tells whether whole steps are computed by one script.
     *
     * @return true if so, false if the engine records each step
     */
    public boolean isFused() {
        return fused != null && observer == null;
    }

    /**
     * Returns the number of steps so far.
     *
     * @return the number of the next step
     */
    public int stepsDone() {
        return stepsDone;
    }

    /**
     * Goes on from where an earlier loop has stopped.
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
     */
    public void observe(GradientObserver observer) {
        this.observer = observer;
    }

    /**
     * Trains until a number of steps are done.
     *
     * @param steps the number, those before included
     * @param listener is told of each step
     * @throws TrainingException if a loss is no number
     */
    public void runTo(int steps, Listener listener) {
        while (stepsDone < steps) {
            int step = stepsDone;
            for (float loss : steps(steps - stepsDone)) {
                listener.onStep(step++, loss);
            }
        }
    }

    /**
     * Does one step.
     *
     * @return the loss of its mini-batch, before the update
     * @throws TrainingException if the loss is no number
     */
    public float step() {
        return steps(1)[0];
    }

    /**
     * Does as many steps as are best done in one go: one that the engine records, or some of those
     * that are fused.
     *
     * @param most how many at the most, at least 1
     * @return the loss of each one's mini-batch, before its update
     * @throws TrainingException if a loss is no number; the steps before that one are done
     */
    public float[] steps(int most) {
        return fused != null && observer == null
                ? fusedSteps(fused, most)
                : new float[] {recordedStep()};
    }

    private float[] fusedSteps(FusedStep fusedStep, int most) {
        boolean all = settings.batchSize == 0;
        int batchSize = all ? examples.size() : settings.batchSize;
        int count = all ? 1 : Math.min(most, fusedStep.stepsPerCall(batchSize));
        double[] rates = new double[count];
        Arrays.setAll(rates, i -> settings.rate.at(stepsDone + i));
        try (NDManager sub = manager.newSubManager()) {
            // One draw of all is what single draws give, one after the other.
            Examples.Batch batch =
                    all
                            ? examples.slice(sub, 0, batchSize)
                            : examples.draw(sub, Math.multiplyExact(count, batchSize));
            return counted(
                    fusedStep.run(
                            batch.x().reshape(count, batchSize, -1),
                            batch.y().reshape(count, batchSize, -1),
                            rates));
        }
    }

    /** Counts the steps up to the first whose loss is no number. */
    private float[] counted(double[] done) {
        float[] losses = new float[done.length];
        for (int i = 0; i < losses.length; i++) {
            losses[i] = (float) done[i];
            if (!Float.isFinite(losses[i])) {
                throw diverged(losses[i]);
            }
            stepsDone++;
        }
        return losses;
    }

    private float recordedStep() {
        try (NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            Examples.Batch batch =
                    settings.batchSize == 0
                            ? examples.slice(sub, 0, examples.size())
                            : examples.draw(sub, settings.batchSize);
            float value;
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray logits = model.call(store, batch.x(), true);
                NDArray loss = model.loss(logits, batch.y());
                collector.backward(loss);
                value = loss.getFloat();
            }
            if (!Float.isFinite(value)) {
                throw diverged(value);
            }
            if (settings.clip > 0) {
                update.clip(settings.clip);
            }
            double rate = settings.rate.at(stepsDone);
            if (observer != null) {
                observer.onGradients(stepsDone, rate);
            }
            update.step(rate);
            stepsDone++;
            return value;
        }
    }

    private TrainingException diverged(float loss) {
        String where =
                firstBad()
                        .map(name -> "the first bad tensor is " + name)
                        .orElse("all parameters and gradients are finite, but the logits overflow");
        return new TrainingException(
                "training of "
                        + model.config().type()
                        + " stopped at step "
                        + stepsDone
                        + ", because the loss is "
                        + loss
                        + "; "
                        + where
                        + "; try a lower learning rate");
    }

    /**
     * Checks that training has not ruined the model in its last step.
     *
     * @throws TrainingException if a parameter is no number
     */
    public void checkFinite() {
        ParameterNames.of(model)
                .forEach(
                        (name, parameter) -> {
                            if (!isFinite(parameter.getArray())) {
                                throw new TrainingException(
                                        "training of "
                                                + model.config().type()
                                                + " stopped after step "
                                                + (stepsDone - 1)
                                                + ", because its update made "
                                                + name
                                                + " no number; try a lower learning rate");
                            }
                        });
    }

    private Optional<String> firstBad() {
        Map<String, Parameter> parameters = ParameterNames.of(model);
        // A bad parameter makes every gradient bad, so parameters come first.
        Optional<String> bad =
                parameters.entrySet().stream()
                        .filter(entry -> !isFinite(entry.getValue().getArray()))
                        .map(Map.Entry::getKey)
                        .findFirst();
        return bad.isPresent()
                ? bad
                : parameters.entrySet().stream()
                        .filter(entry -> entry.getValue().requiresGradient())
                        .filter(entry -> !isFinite(entry.getValue().getArray().getGradient()))
                        .map(entry -> "the gradient of " + entry.getKey())
                        .findFirst();
    }

    private static boolean isFinite(NDArray array) {
        return !(array.isInfinite().any().getBoolean() || array.isNaN().any().getBoolean());
    }
}
