/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import java.util.ArrayList;
import java.util.List;

/**
 * Stochastic gradient descent as {@code torch.optim.SGD} computes it.
 *
 * <p>For the update of a parameter w with gradient g:
 *
 * <pre>
 * g = g + decay w
 * b = momentum b + g        with momentum alone; b = 0 before the first update
 * w = w - lr b              without momentum, w - lr g
 * </pre>
 *
 * <p>DJL's Sgd has the rate inside of b, so that a change of the rate is felt only slowly. Kept of
 * each parameter are "momentum", if there is one, and "step", the number of updates, if the rate is
 * that of a tracker.
 */
public final class TorchSgd extends TorchOptimizer {

    private final double momentum;

    private TorchSgd(Builder builder) {
        super(builder);
        momentum = builder.momentum;
    }

    /**
     * {@return a builder with PyTorch's defaults: learning rate 1e-3, no momentum, no weight decay}
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public List<String> stateNames() {
        List<String> names = new ArrayList<>();
        if (momentum != 0) {
            names.add("momentum");
        }
        if (isRateTracked()) {
            names.add("step"); // a rate that goes by the number of updates is resumed by it
        }
        return names;
    }

    @Override
    protected List<String> lines(double decay) {
        List<String> lines = new ArrayList<>();
        if (isRateTracked()) {
            lines.add(COUNT);
        }
        if (momentum == 0) {
            // The same as a part of the gradient, and needs no list for that.
            if (decay != 0) {
                lines.add("_foreach_mul_(weights, 1.0 - lr * " + decay + ")");
            }
            lines.add("_foreach_add_(weights, gradients, alpha=-lr)");
            return lines;
        }
        lines.add("_foreach_mul_(momentum, " + momentum + ")");
        lines.add("_foreach_add_(momentum, gradients)");
        if (decay != 0) {
            lines.add("_foreach_add_(momentum, weights, alpha=" + decay + ")");
        }
        lines.add("_foreach_add_(weights, momentum, alpha=-lr)");
        return lines;
    }

    /** The builder of {@link TorchSgd}. */
    public static final class Builder extends TorchOptimizerBuilder<Builder> {

        private double momentum;

        private Builder() {}

        @Override
        protected Builder self() {
            return this;
        }

        /**
         * Sets how much of the step before is added to each step.
         *
         * @param momentum a number that is not negative; default 0
         * @return this builder
         */
        public Builder optMomentum(double momentum) {
            this.momentum = notNegative("the momentum", momentum);
            return this;
        }

        /** {@return the optimizer} */
        public TorchSgd build() {
            return new TorchSgd(this);
        }
    }
}
