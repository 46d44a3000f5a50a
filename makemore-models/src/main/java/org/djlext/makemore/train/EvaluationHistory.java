/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.Training.Evaluated;
import org.djlext.torch.RandomState;
import org.djlext.torch.RandomStream;

/** The losses of a run along the way. */
final class EvaluationHistory {

    private final NDManager manager;
    private final LanguageModel model;
    private final Examples train;
    private final Examples dev;
    private final TrainingRanks ranks;
    private final List<Evaluated> evaluations = new ArrayList<>();

    EvaluationHistory(
            NDManager manager,
            LanguageModel model,
            Examples train,
            Examples dev,
            TrainingRanks ranks) {
        this.manager = manager;
        this.model = model;
        this.train = train;
        this.dev = dev;
        this.ranks = ranks;
    }

    /** Takes those of a run that is resumed. */
    void addAll(List<Evaluated> before) {
        evaluations.addAll(before);
    }

    List<Evaluated> all() {
        return List.copyOf(evaluations);
    }

    /**
     * Evaluates after a step as the settings say, if that is not known yet. Rank 0 computes it, for
     * all ranks have the same parameters.
     */
    Evaluated evaluate(int step, TrainingConfig config, RandomStream random) {
        int last = evaluations.size() - 1;
        if (last >= 0 && evaluations.get(last).step() == step) {
            return evaluations.get(last);
        }
        Evaluated own =
                ranks.isFirst()
                        ? compute(step, config, random)
                        : new Evaluated(step, Double.NaN, Double.NaN);
        double[] losses = ranks.ofFirst(new double[] {own.train(), own.dev()});
        Evaluated evaluated = new Evaluated(step, losses[0], losses[1]);
        evaluations.add(evaluated);
        return evaluated;
    }

    private Evaluated compute(int step, TrainingConfig config, RandomStream random) {
        return config.evaluation().batches() == 0
                ? new Evaluated(step, Double.NaN, Evaluation.loss(manager, model, dev))
                : random.run(() -> estimate(step, config));
    }

    private Evaluated estimate(int step, TrainingConfig config) {
        int batches = config.evaluation().batches();
        int size = config.batchSize();
        try (NDManager sub = manager.newSubManager(Device.cpu())) {
            NDArray state = RandomState.get(sub, Device.cpu());
            Evaluated evaluated =
                    new Evaluated(
                            step,
                            Evaluation.estimate(manager, model, train, batches, size),
                            Evaluation.estimate(manager, model, dev, batches, size));
            RandomState.set(state, Device.cpu());
            return evaluated;
        }
    }

    /** Returns the first of the lowest dev losses after any step. */
    Optional<Evaluated> best() {
        return evaluations.stream()
                .filter(evaluated -> evaluated.step() > 0)
                .min(Comparator.comparingDouble(Evaluated::dev));
    }

    /** Returns how many evaluations there were since the best. */
    int sinceBest() {
        return best().map(best -> evaluations.size() - 1 - evaluations.indexOf(best)).orElse(0);
    }
}
