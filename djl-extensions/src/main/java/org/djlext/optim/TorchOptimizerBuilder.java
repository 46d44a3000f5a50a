/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import ai.djl.util.Pair;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What the builders of all {@link TorchOptimizer}s have: learning rate and weight decay.
 *
 * @param <T> the builder
 */
public abstract class TorchOptimizerBuilder<T extends TorchOptimizerBuilder<T>>
        extends Optimizer.OptimizerBuilder<T> {

    @Nullable ParameterTracker tracker;
    double learningRate = 1e-3;
    double weightDecay;
    int updatesBefore;
    final Set<String> notDecayed = new HashSet<>();

    /** Creates a builder. */
    protected TorchOptimizerBuilder() {}

    /**
     * Sets a learning rate that does not change.
     *
     * @param learningRate a number that is not negative; default 1e-3
     * @return this builder
     */
    public final T optLearningRate(double learningRate) {
        this.learningRate = notNegative("the learning rate", learningRate);
        tracker = null;
        return self();
    }

    /**
     * Sets a learning rate that changes with the number of updates, from 1.
     *
     * @param tracker the learning rate
     * @return this builder
     */
    public final T optLearningRateTracker(ParameterTracker tracker) {
        this.tracker = tracker;
        return self();
    }

    /**
     * Sets how fast parameters decay.
     *
     * @param weightDecay a number that is not negative
     * @return this builder
     */
    public final T optWeightDecay(double weightDecay) {
        this.weightDecay = notNegative("the weight decay", weightDecay);
        return self();
    }

    /** The same as {@link #optWeightDecay}, in DJL's name and precision. */
    @Override
    public final T optWeightDecays(float weightDecays) {
        return optWeightDecay(weightDecays);
    }

    /**
     * Sets which parameters decay; without this, all do.
     *
     * @param parameters the parameters of the block to be trained
     * @param decays tells by name in the block and parameter whether it decays
     * @return this builder
     */
    public final T optDecay(ParameterList parameters, BiPredicate<String, Parameter> decays) {
        notDecayed.clear();
        for (Pair<String, Parameter> entry : parameters) {
            if (!decays.test(entry.getKey(), entry.getValue())) {
                notDecayed.add(entry.getValue().getId());
            }
        }
        return self();
    }

    @Override
    public final T optBeginNumUpdate(int beginNumUpdate) {
        updatesBefore = beginNumUpdate;
        return self();
    }

    /** Checks a number of the settings. */
    static double notNegative(String what, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(what + " must not be negative, but got " + value);
        }
        return value;
    }
}
