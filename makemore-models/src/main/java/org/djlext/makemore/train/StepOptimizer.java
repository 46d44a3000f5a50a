/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import java.util.function.BiFunction;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.optim.TorchAdamW;

/**
 * An optimizer for DJL's training configuration that a {@link FusedTrainer} runs for all parameters
 * in one call of the engine. In DJL's own Trainer it updates one after the other, to the same
 * numbers up to the rounding of the learning rate to float32.
 */
public final class StepOptimizer extends Optimizer implements AutoCloseable {

    private final LearningRate rate;
    private final Optimizer oneByOne;
    private final BiFunction<NDManager, Block, ParameterUpdate> update;

    private StepOptimizer(
            LearningRate rate,
            Optimizer oneByOne,
            BiFunction<NDManager, Block, ParameterUpdate> update) {
        super(new Builder());
        this.rate = rate;
        this.oneByOne = oneByOne;
        this.update = update;
    }

    /**
     * Makes plain gradient descent.
     *
     * @param rate the learning rate of each step, from 0
     * @return the optimizer
     */
    public static StepOptimizer sgd(LearningRate rate) {
        return new StepOptimizer(
                rate,
                Optimizer.sgd().setLearningRateTracker(tracker(rate)).build(),
                (manager, block) -> new SgdUpdate(ParameterNames.trained(block).values(), 0));
    }

    /**
     * Makes AdamW as PyTorch computes it, with decay of all parameters.
     *
     * @param settings its settings
     * @param rate the learning rate of each step, from 0
     * @return the optimizer
     */
    public static StepOptimizer adamW(AdamWUpdate.Settings settings, LearningRate rate) {
        return new StepOptimizer(
                rate,
                TorchAdamW.builder()
                        .optLearningRateTracker(tracker(rate))
                        .optBetas(settings.beta1(), settings.beta2())
                        .optEps(settings.eps())
                        .optWeightDecay(settings.weightDecay())
                        .build(),
                (manager, block) ->
                        new AdamWUpdate(
                                manager,
                                ParameterNames.trained(block),
                                settings,
                                parameter -> true));
    }

    private static ParameterTracker tracker(LearningRate rate) {
        // DJL counts from 1.
        return (id, update) -> (float) rate.at(update - 1);
    }

    /** Returns the learning rate of a step. */
    double rate(int step) {
        return rate.at(step);
    }

    /** Returns the update of all parameters that are trained. */
    ParameterUpdate update(NDManager manager, Block block) {
        return update.apply(manager, block);
    }

    @Override
    public void update(String parameterId, NDArray weight, NDArray grad) {
        oneByOne.update(parameterId, weight, grad);
    }

    /** Frees what updates one after the other have left: the state of AdamW. */
    @Override
    public void close() {
        if (oneByOne instanceof TorchAdamW adamW) {
            adamW.close();
        }
    }

    private static final class Builder extends OptimizerBuilder<Builder> {
        @Override
        protected Builder self() {
            return this;
        }
    }
}
