/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import ai.djl.util.Pair;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ops.InPlace;
import org.djlext.torch.ops.Recorded;
import org.jspecify.annotations.Nullable;

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
 * type of the parameter, for halves in float32, with factors in double precision.
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
 * <p>{@link AdamWState} writes m, v and t to a checkpoint and reads them back. They live until
 * {@link #close}.
 *
 * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter, 2017</a>
 */
public final class TorchAdamW extends Optimizer implements AutoCloseable {

    private final @Nullable ParameterTracker tracker;
    private final double fixedRate;
    private final double beta1;
    private final double beta2;
    private final double eps;
    private final double weightDecay;
    private final int updatesBefore;
    private final Set<String> notDecayed;
    private final Map<String, Map<Device, Moments>> moments = new ConcurrentHashMap<>();

    /** Mean and mean square of the gradients of a parameter on a device, after t updates. */
    static final class Moments {
        final NDArray mean;
        final NDArray square;
        int updates;

        Moments(NDArray mean, NDArray square, int updates) {
            this.mean = mean;
            this.square = square;
            this.updates = updates;
        }
    }

    private TorchAdamW(Builder builder) {
        super(builder);
        tracker = builder.tracker;
        fixedRate = builder.learningRate;
        beta1 = builder.beta1;
        beta2 = builder.beta2;
        eps = builder.eps;
        weightDecay = builder.weightDecay;
        updatesBefore = builder.updatesBefore;
        notDecayed = Set.copyOf(builder.notDecayed);
    }

    /**
     * Returns a builder with PyTorch's defaults: learning rate 1e-3, betas 0.9 and 0.999, eps 1e-8,
     * weight decay 0.01 for all parameters.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Updates a parameter in place and sets the gradient that the engine holds for it to zero, as
     * all optimizers of this engine do.
     *
     * @param parameterId the id of the parameter
     * @param weight its values
     * @param grad dL/dweight
     */
    @Override
    public void update(String parameterId, NDArray weight, NDArray grad) {
        Moments state = moments(parameterId, weight);
        int t = ++state.updates;
        double rate = tracker == null ? fixedRate : tracker.getNewValue(parameterId, t);
        double correction1 = 1 - Math.pow(beta1, t);
        double correction2 = Math.sqrt(1 - Math.pow(beta2, t));
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDScope temporaries = new NDScope()) {
            temporaries.suppressNotUsedWarning();
            NDArray w = Recorded.wide(weight);
            NDArray g = Recorded.wide(grad);
            if (rescaleGrad != 1) {
                g = g.mul(rescaleGrad);
            }
            if (clipGrad > 0) {
                g = g.clip(-clipGrad, clipGrad);
            }
            if (weightDecay != 0 && !notDecayed.contains(parameterId)) {
                w.muli(1 - rate * weightDecay);
            }
            state.mean.addi(g.sub(state.mean).muli(1 - beta1));
            state.square.muli(beta2).addi(g.square().muli(1 - beta2));
            NDArray root = state.square.sqrt().divi(correction2).addi(eps);
            w.subi(state.mean.div(root).muli(rate / correction1));
            if (w != weight) {
                InPlace.copy(weight, w);
            }
            if (weight.hasGradient()) {
                JniUtils.zeroGrad((PtNDArray) weight);
            }
        }
    }

    private Moments moments(String parameterId, NDArray weight) {
        // A step counter a device: with several, each has its own copy of the parameter.
        return moments.computeIfAbsent(parameterId, id -> new ConcurrentHashMap<>())
                .computeIfAbsent(
                        weight.getDevice(),
                        device -> {
                            DataType type = weight.getDataType();
                            if (type != DataType.FLOAT64) {
                                type = DataType.FLOAT32;
                            }
                            NDManager manager = weight.getManager();
                            NDArray mean = manager.zeros(weight.getShape(), type, device);
                            NDArray square = manager.zeros(weight.getShape(), type, device);
                            return keep(mean, square, updatesBefore);
                        });
    }

    // Out of reach of the manager of the step: freed by close alone.
    private static Moments keep(NDArray mean, NDArray square, int updates) {
        for (NDArray array : new NDArray[] {mean, square}) {
            NDScope.unregister(array);
            array.detach();
        }
        return new Moments(mean, square, updates);
    }

    /** Returns the state of a parameter, on the device that has one, or null before any update. */
    @Nullable Moments state(String parameterId) {
        Map<Device, Moments> devices = moments.get(parameterId);
        return devices == null ? null : devices.values().iterator().next();
    }

    /** Sets the state of a parameter, for the device of its arrays. */
    void restore(String parameterId, NDArray mean, NDArray square, int updates) {
        Map<Device, Moments> devices = new ConcurrentHashMap<>();
        devices.put(mean.getDevice(), keep(mean, square, updates));
        close(moments.put(parameterId, devices));
    }

    /** Frees the state. The optimizer may be used again, and then starts anew. */
    @Override
    public void close() {
        moments.values().forEach(TorchAdamW::close);
        moments.clear();
    }

    private static void close(@Nullable Map<Device, Moments> devices) {
        if (devices != null) {
            for (Moments state : devices.values()) {
                state.mean.close();
                state.square.close();
            }
        }
    }

    /** The builder of {@link TorchAdamW}. */
    public static final class Builder extends OptimizerBuilder<Builder> {

        private @Nullable ParameterTracker tracker;
        private double learningRate = 1e-3;
        private double beta1 = 0.9;
        private double beta2 = 0.999;
        private double eps = 1e-8;
        private double weightDecay = 0.01;
        private int updatesBefore;
        private final Set<String> notDecayed = new HashSet<>();

        private Builder() {}

        @Override
        protected Builder self() {
            return this;
        }

        /**
         * Sets a learning rate that does not change.
         *
         * @param learningRate a number that is not negative; default 1e-3
         * @return this builder
         */
        public Builder optLearningRate(double learningRate) {
            this.learningRate = notNegative("the learning rate", learningRate);
            tracker = null;
            return this;
        }

        /**
         * Sets a learning rate that changes with the number of updates, from 1.
         *
         * @param tracker the learning rate
         * @return this builder
         */
        public Builder optLearningRateTracker(ParameterTracker tracker) {
            this.tracker = tracker;
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

        /**
         * Sets how fast parameters decay.
         *
         * @param weightDecay a number that is not negative; default 0.01
         * @return this builder
         */
        public Builder optWeightDecay(double weightDecay) {
            this.weightDecay = notNegative("the weight decay", weightDecay);
            return this;
        }

        /** The same as {@link #optWeightDecay}, in DJL's name and precision. */
        @Override
        public Builder optWeightDecays(float weightDecays) {
            return optWeightDecay(weightDecays);
        }

        /**
         * Sets which parameters decay; without this, all do.
         *
         * @param parameters the parameters of the block to be trained
         * @param decays tells by name in the block and parameter whether it decays
         * @return this builder
         */
        public Builder optDecay(ParameterList parameters, BiPredicate<String, Parameter> decays) {
            notDecayed.clear();
            for (Pair<String, Parameter> entry : parameters) {
                if (!decays.test(entry.getKey(), entry.getValue())) {
                    notDecayed.add(entry.getValue().getId());
                }
            }
            return this;
        }

        @Override
        public Builder optBeginNumUpdate(int beginNumUpdate) {
            updatesBefore = beginNumUpdate;
            return this;
        }

        private static double notNegative(String what, double value) {
            if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        what + " must not be negative, but got " + value);
            }
            return value;
        }

        /**
         * Builds the optimizer.
         *
         * @return the optimizer
         */
        public TorchAdamW build() {
            return new TorchAdamW(this);
        }
    }
}
