/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Batch normalization as a DJL Block, with the hand-written backward of {@link BatchNormFunction}.
 *
 * <p>Input and output: (N, C) or (N, T, C), channels last; each channel is normalized over all
 * other axes. Parameters of shape (C): gamma (initially 1), beta (0), and without gradient
 * runningMean (0) and runningVar (1).
 *
 * <p>In training it normalizes with the statistics of the batch and moves the running ones: {@code
 * running = (1 - momentum) running + momentum batch}. So momentum is the weight of the new batch,
 * as in PyTorch and the lecture; DJL's own BatchNorm means 1 - momentum by it. The running variance
 * is unbiased, sum / (n - 1), whatever the correction, as in PyTorch. Otherwise it normalizes with
 * the running statistics, so that rows do not depend on each other; that path is differentiated by
 * the engine.
 */
public final class ManualBatchNorm extends CheckedBlock {

    private final double eps;
    private final float momentum;
    private final int correction;
    private final BatchNormFunction function;
    private final Parameter gamma;
    private final Parameter beta;
    private final Parameter runningMean;
    private final Parameter runningVar;

    private ManualBatchNorm(Builder builder) {
        eps = builder.eps;
        momentum = builder.momentum;
        correction = builder.correction;
        function = new BatchNormFunction(eps, correction);
        gamma = addParameter("gamma", Parameter.Type.GAMMA);
        beta = addParameter("beta", Parameter.Type.BETA);
        runningMean =
                addParameter(
                        RunningStatistics.parameter("runningMean", Parameter.Type.RUNNING_MEAN));
        runningVar =
                addParameter(RunningStatistics.parameter("runningVar", Parameter.Type.RUNNING_VAR));
    }

    private Parameter addParameter(String name, Parameter.Type type) {
        return addParameter(Parameter.builder().setName(name).setType(type).build());
    }

    /**
     * Returns a builder with the lecture's settings: eps 1e-5, momentum 0.1, correction 1.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow();
        Device device = x.getDevice();
        NDArray gammaArray = parameterStore.getValue(gamma, device, training);
        NDArray betaArray = parameterStore.getValue(beta, device, training);
        NDArray mean = parameterStore.getValue(runningMean, device, training);
        NDArray var = parameterStore.getValue(runningVar, device, training);
        if (!training) {
            return new NDList(
                    RunningStatistics.normalize(x, gammaArray, betaArray, mean, var, eps));
        }
        NDList outputs = function.apply(x, gammaArray, betaArray);
        long n = x.getShape().size() / mean.getShape().size();
        RunningStatistics.move(mean, outputs.get(1), momentum);
        NDArray unbiased =
                correction == 1 ? outputs.get(2) : outputs.get(2).mul((double) n / (n - 1));
        RunningStatistics.move(var, unbiased, momentum);
        return new NDList(outputs.get(0));
    }

    @Override
    protected void prepare(Shape[] inputShapes) {
        Shape input = inputShapes[0];
        if (input.dimension() != 2 && input.dimension() != 3) {
            throw new IllegalArgumentException(
                    "ManualBatchNorm takes input of shape (N, C) or (N, T, C), but got " + input);
        }
        Shape channels = new Shape(input.get(input.dimension() - 1));
        gamma.setShape(channels);
        beta.setShape(channels);
        runningMean.setShape(channels);
        runningVar.setShape(channels);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }

    @Override
    protected Map<String, ?> settings() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("eps", eps);
        settings.put("correction", correction);
        return settings;
    }

    /** The builder of {@link ManualBatchNorm}. */
    public static final class Builder {

        private double eps = 1e-5;
        private float momentum = 0.1f;
        private int correction = 1;

        private Builder() {}

        /**
         * Sets what is added to the variance, inside the root.
         *
         * @param eps a number greater than or equal to 0; default 1e-5
         * @return this builder
         */
        public Builder optEps(double eps) {
            if (!(eps >= 0)) {
                throw new IllegalArgumentException("eps must not be negative, but got " + eps);
            }
            this.eps = eps;
            return this;
        }

        /**
         * Sets the weight of a new batch in the running statistics.
         *
         * @param momentum a number from 0 to 1; default 0.1
         * @return this builder
         */
        public Builder optMomentum(float momentum) {
            if (!(momentum >= 0 && momentum <= 1)) {
                throw new IllegalArgumentException(
                        "momentum must be from 0 to 1, but got " + momentum);
            }
            this.momentum = momentum;
            return this;
        }

        /**
         * Sets what is taken from n in the variance of the batch.
         *
         * @param correction 1 (default) for the lecture's unbiased variance, 0 for the engine's
         * @return this builder
         */
        public Builder optCorrection(int correction) {
            if (correction != 0 && correction != 1) {
                throw new IllegalArgumentException(
                        "correction must be 0 or 1, but got " + correction);
            }
            this.correction = correction;
            return this;
        }

        /**
         * Builds the block.
         *
         * @return the block
         */
        public ManualBatchNorm build() {
            return new ManualBatchNorm(this);
        }
    }
}
