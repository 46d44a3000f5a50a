/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDList;
import ai.djl.training.optimizer.Optimizer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.optim.TorchOptimizer;
import org.jspecify.annotations.Nullable;

/**
 * How the parameters of a step are updated: lines of TorchScript over lists of parameters, and what
 * they take beside gradients.
 */
interface StepUpdate {

    /** Returns the update of an optimizer for parameters. */
    static StepUpdate of(Optimizer optimizer, List<String> ids, NDList parameters) {
        return optimizer instanceof TorchOptimizer own
                ? new TorchUpdate(own, ids, parameters)
                : new OptimizerProbe(optimizer, ids, parameters);
    }

    /**
     * Returns the lines that update a parameter, as {@link
     * org.djlext.optim.TorchOptimizer#updateLines} has them. Parameters with equal lines are
     * updated together.
     *
     * @param parameter the number of the parameter among those that are trained
     */
    List<String> lines(int parameter);

    /** Returns the names of the arrays that are kept for each parameter. */
    List<String> stateNames();

    /** Returns the arrays that are kept, parameter by parameter. */
    NDList states();

    /** Returns the names of the numbers that differ from step to step, the learning rate first. */
    List<String> numbers();

    /**
     * Returns these numbers for the next step, which is counted by that.
     *
     * @param rate the learning rate, or null for that of the optimizer
     */
    double[] next(@Nullable Double rate);

    /** Returns these numbers for the next steps, with the rates of the caller or its own. */
    default double[] next(int steps, double @Nullable [] rates) {
        return IntStream.range(0, steps)
                .mapToObj(i -> next(rates == null ? null : rates[i]))
                .flatMapToDouble(Arrays::stream)
                .toArray();
    }
}
