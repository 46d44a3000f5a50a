/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingException;
import org.djlext.makemore.train.TrainingLoop;

/**
 * The search for a learning rate of makemore 2: training with a rate that grows from step to step.
 * The loss falls while the rate is large enough to move and small enough to be stable, then it
 * rises; a good rate is in the valley.
 *
 * @param rates the rate of each step
 * @param losses the loss of each step
 * @param diverged whether a loss was NaN or infinite, which ended the search
 */
public record LearningRateSearch(List<Double> rates, List<Float> losses, boolean diverged) {

    // The valley is that of means over a tenth of the steps: of 101 losses, if there are 1,000.
    private static final int PARTS = 10;

    /**
     * The settings.
     *
     * @param batchSize the number of examples of a step
     * @param lowest the rate of the first step
     * @param highest the rate of the last step
     * @param steps how many steps there are, at least 2
     */
    public record Settings(int batchSize, double lowest, double highest, int steps) {

        /** The lecture's: 1,000 steps on 32 examples each, from 0.001 to 1. */
        public static final Settings LECTURE = new Settings(32, 0.001, 1, 1000);
    }

    /**
     * Searches. The parameters are changed by it; train with fresh ones.
     *
     * @param manager a manager of the model's device
     * @param model the model, initialized
     * @param examples what it is trained on
     * @param settings the settings
     * @return rates and losses
     */
    public static LearningRateSearch run(
            NDManager manager, LanguageModel model, Examples examples, Settings settings) {
        TrainingConfig config =
                TrainingConfig.builder(settings.steps)
                        .batchSize(settings.batchSize)
                        .learningRate(LearningRate.sweep(settings.lowest, settings.highest))
                        .build();
        List<Double> rates = new ArrayList<>();
        List<Float> losses = new ArrayList<>();
        boolean diverged = false;
        try (TrainingLoop loop = new TrainingLoop(manager, model, examples, config)) {
            loop.runTo(
                    settings.steps,
                    (step, loss) -> {
                        rates.add(config.rateAt(step));
                        losses.add(loss);
                    });
        } catch (TrainingException e) {
            diverged = true;
        }
        return new LearningRateSearch(List.copyOf(rates), List.copyOf(losses), diverged);
    }

    /**
     * {@return the losses without the noise of mini-batches: the means of a tenth of all losses in
     * a row, see {@link LossCurve#movingMeans}}
     */
    public List<Double> smoothed() {
        return LossCurve.movingMeans(losses, 2 * reach() + 1);
    }

    /** {@return where the smoothed losses stand: the rate in the middle of each mean} */
    public List<Double> smoothedRates() {
        return rates.subList(reach(), rates.size() - reach());
    }

    private int reach() {
        return losses.size() / PARTS / 2;
    }

    /** {@return the rate in the valley, where the smoothed loss is lowest} */
    public double valley() {
        if (losses.isEmpty()) {
            throw new IllegalStateException(
                    "the search has no step with a finite loss; start it from a lower rate");
        }
        List<Double> means = smoothed();
        return smoothedRates().get(means.indexOf(Collections.min(means)));
    }
}
