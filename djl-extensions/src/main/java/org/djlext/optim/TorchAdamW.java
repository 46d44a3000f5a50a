/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import java.util.List;

/**
 * AdamW as {@code torch.optim.AdamW} computes it.
 *
 * <p>For the t-th update of a parameter w with gradient g, from t = 1:
 *
 * <pre>
 * w = w (1 - lr decay)                              decoupled: not part of the gradient
 * m = beta1 m + (1 - beta1) g
 * v = beta2 v + (1 - beta2) g^2
 * w = w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 * </pre>
 *
 * <p>DJL's AdamW adds eps to sqrt(v) before the correction by beta2^t: an eps that is sqrt(1 -
 * beta2^t) times as large, 30 times as large in the first steps. Here everything is computed in the
 * type of the parameter, for halves in float32, by the kernel of PyTorch's {@code fused=True}.
 *
 * <pre>{@code
 * new DefaultTrainingConfig(loss)
 *         .optOptimizer(
 *                 TorchAdamW.builder()
 *                         .optLearningRate(5e-4)
 *                         .optBetas(0.9, 0.99)
 *                         .optDecay(
 *                                 block.getParameters(),
 *                                 (name, p) -> p.getType() == Parameter.Type.WEIGHT)
 *                         .build())
 * }</pre>
 *
 * <p>Kept of each parameter are "mean", "square" and "step": m, v and t.
 *
 * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter, 2017</a>
 */
public final class TorchAdamW extends TorchOptimizer {

    private final double beta1;
    private final double beta2;
    private final double eps;

    private TorchAdamW(Builder builder) {
        super(builder);
        beta1 = builder.beta1;
        beta2 = builder.beta2;
        eps = builder.eps;
    }

    /**
     * {@return a builder with PyTorch's defaults: learning rate 1e-3, betas 0.9 and 0.999, eps
     * 1e-8, weight decay 0.01 for all parameters}
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public List<String> stateNames() {
        return List.of("mean", "square", "step");
    }

    @Override
    protected List<String> lines(double decay) {
        return List.of(
                COUNT,
                ("_fused_adamw_(weights, gradients, mean, square, [], step,"
                                + " lr=lr, beta1=%s, beta2=%s, weight_decay=%s, eps=%s,"
                                + " amsgrad=False, maximize=False)")
                        .formatted(beta1, beta2, decay, eps));
    }

    /** The builder of {@link TorchAdamW}. */
    public static final class Builder extends TorchOptimizerBuilder<Builder> {

        private double beta1 = 0.9;
        private double beta2 = 0.999;
        private double eps = 1e-8;

        private Builder() {
            optWeightDecay(0.01);
        }

        @Override
        protected Builder self() {
            return this;
        }

        /**
         * Sets how much of the moments is kept from one update to the next.
         *
         * @param beta1 for the mean, from 0 to less than 1; default 0.9
         * @param beta2 for the mean square, from 0 to less than 1; default 0.999
         * @return this builder
         */
        public Builder optBetas(double beta1, double beta2) {
            if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
                throw new IllegalArgumentException(
                        "betas must be from 0 to less than 1, but got " + beta1 + " and " + beta2);
            }
            this.beta1 = beta1;
            this.beta2 = beta2;
            return this;
        }

        /**
         * Sets what is added to the root, after its correction.
         *
         * @param eps a number that is not negative; default 1e-8
         * @return this builder
         */
        public Builder optEps(double eps) {
            this.eps = notNegative("eps", eps);
            return this;
        }

        /** {@return the optimizer} */
        public TorchAdamW build() {
            return new TorchAdamW(this);
        }
    }
}
