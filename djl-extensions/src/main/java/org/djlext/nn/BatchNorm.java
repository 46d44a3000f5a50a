/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.ConstantInitializer;
import ai.djl.training.initializer.Initializer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.EngineFunction;
import org.djlext.distributed.ProcessGroup;
import org.djlext.torch.ops.InPlace;
import org.djlext.torch.ops.Recorded;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalization over all axes but the last, by {@link BatchNormFunction}, with running
 * statistics for evaluation.
 *
 * <p>In training each channel is normalized with the statistics of the batch, and these move the
 * running ones: {@code running = (1 - momentum) running + momentum batch}. So momentum is the
 * weight of the new batch, as in PyTorch and the lectures; DJL's own BatchNorm means 1 - momentum
 * by it. The running variance is unbiased, sum / (n - 1), whatever the correction, as in PyTorch.
 * In evaluation the running statistics are used, so that a row does not depend on the others.
 *
 * <p>Input and output: (N, C) or (N, T, C). Parameters of shape (C): gamma, initially 1, and beta,
 * initially 0; and without gradient running_mean (0), and running_var or running_std (1), which are
 * FLOAT32 in a model of halves: the variance of numbers that are float16 may be none itself.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015</a>
 */
public final class BatchNorm extends Layer {

    /** What is kept of a batch's spread for evaluation. */
    public enum Running {
        /** The variance, as in the lectures' module and in PyTorch. */
        VARIANCE,
        /** The standard deviation, as in the first version of makemore 3. */
        DEVIATION
    }

    /** Over which axes of (N, T, C) the statistics are taken. */
    public enum Axes {
        /** N and T: a channel has one mean. */
        BATCH_AND_POSITIONS,
        /**
         * N alone: the mistake that makemore 5 makes and mends. Each position has statistics of its
         * own, from T times fewer numbers; broadcasting lets it run unnoticed.
         */
        BATCH_ONLY
    }

    private final double eps;
    private final double momentum;
    private final int correction;
    private final Running running;
    private final Axes axes;
    private @Nullable ProcessGroup group;
    private final Parameter gamma;
    private final Parameter beta;
    private final Parameter runningMean;
    private final Parameter runningSpread;

    private BatchNorm(Builder builder) {
        eps = builder.eps;
        momentum = builder.momentum;
        correction = builder.correction;
        running = builder.running;
        axes = builder.axes;
        gamma = parameter("gamma", Parameter.Type.GAMMA, new ConstantInitializer(builder.gamma));
        beta = parameter("beta", Parameter.Type.BETA, Initializer.ZEROS);
        runningMean = parameter("running_mean", Parameter.Type.RUNNING_MEAN, Initializer.ZEROS);
        runningSpread =
                parameter(
                        running == Running.VARIANCE ? "running_var" : "running_std",
                        Parameter.Type.RUNNING_VAR,
                        Initializer.ONES);
        if (builder.channels > 0) {
            gamma.setShape(new Shape(builder.channels));
            beta.setShape(new Shape(builder.channels));
        }
    }

    private Parameter parameter(String name, Parameter.Type type, Initializer initial) {
        boolean isTrained = type == Parameter.Type.GAMMA || type == Parameter.Type.BETA;
        return addParameter(
                Parameter.builder()
                        .setName(name)
                        .setType(type)
                        .optRequiresGrad(isTrained)
                        .optInitializer(
                                (manager, shape, dataType) ->
                                        initial.initialize(
                                                manager,
                                                shape,
                                                isTrained ? dataType : wide(dataType)))
                        .build());
    }

    private static DataType wide(DataType type) {
        return type == DataType.FLOAT64 ? type : DataType.FLOAT32;
    }

    /**
     * {@return a builder with the settings of the lectures' module: eps 1e-5, momentum 0.1,
     * correction 1}
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    protected void prepare(Shape[] inputShapes) {
        Shape input = inputShapes[0];
        Shape known = gamma.getShape();
        if (input.dimension() < 2
                || input.dimension() > 3
                || (known != null && input.getLastDimension() != known.get(0))) {
            throw new IllegalArgumentException(
                    "BatchNorm takes input of shape (N, C) or (N, T, C)%s, but got %s"
                            .formatted(known == null ? "" : " with C = " + known.get(0), input));
        }
        Shape channels = new Shape(input.getLastDimension());
        if (known == null) {
            gamma.setShape(channels);
            beta.setShape(channels);
        }
        Shape statistics =
                separatePositions(input) ? new Shape(input.get(1)).addAll(channels) : channels;
        runningMean.setShape(statistics);
        runningSpread.setShape(statistics);
    }

    private boolean separatePositions(Shape input) {
        return axes == Axes.BATCH_ONLY && input.dimension() == 3;
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray g = pass.value(gamma); // (C)
        NDArray b = pass.value(beta); // (C)
        NDArray mean = pass.value(runningMean); // (C) or (T, C)
        NDArray spread = pass.value(runningSpread);
        if (!pass.training()) {
            NDArray std = running == Running.DEVIATION ? spread : pass.here(spread.add(eps)).sqrt();
            NDArray scale = pass.here(g.div(std));
            NDArray wide = Recorded.wide(x);
            return Recorded.castLike(wide.mul(scale).sub(scale.mul(mean).sub(b)), x);
        }
        Shape shape = x.getShape();
        NDList arguments = new NDList(x, g, b);
        BatchNormFunction.RunningStatistics moved = null;
        if (separatePositions(shape)) {
            // Each position's channels are channels of their own.
            NDArray gammas = pass.here(g.tile(shape.get(1)));
            NDArray betas = pass.here(b.tile(shape.get(1)));
            arguments = new NDList(x.reshape(shape.get(0), -1), gammas, betas); // (N, T C)
        } else if (running == Running.VARIANCE && group == null) {
            moved = new BatchNormFunction.RunningStatistics(mean, spread, momentum);
        }
        NDList outputs = new BatchNormFunction(eps, correction, group, moved).apply(arguments);
        if (outputs.size() > 1) { // or else the engine's kernel has moved the statistics
            NDArray var = outputs.get(2);
            NDArray unbiased = correction == 1 ? var : unbiased(var, x, outputs);
            move(mean, outputs.get(1));
            move(spread, running == Running.DEVIATION ? unbiased.sqrt() : unbiased);
        }
        return outputs.get(0).reshape(shape);
    }

    private NDArray unbiased(NDArray var, NDArray x, NDList outputs) {
        if (group != null) {
            NDArray all = outputs.get(3);
            return var.mul(all).div(all.sub(1));
        }
        double n = (double) x.size() / var.size();
        return var.mul(n / (n - 1));
    }

    /**
     * Lets each batch norm of a block take its statistics from the batches of all ranks from now
     * on, as PyTorch's {@code convert_sync_batchnorm}.
     *
     * @param block the block
     * @param group the ranks; null for each rank's own batch again
     * @return how many there are in the block
     */
    public static int synchronize(Block block, @Nullable ProcessGroup group) {
        int found = 0;
        if (block instanceof BatchNorm norm) {
            norm.group = group;
            found++;
        }
        for (Block child : block.getChildren().values()) {
            found += synchronize(child, group);
        }
        return found;
    }

    private void move(NDArray statistics, NDArray batch) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            NDArray reached = batch.reshape(statistics.getShape());
            EngineFunction.call("lerp_", statistics, reached, momentum).close();
        }
    }

    /**
     * Replaces the running statistics, as the lecture's calibration at the end of training does.
     *
     * @param mean the mean of all training data before this layer, (C), of any type
     * @param variance its unbiased variance, (C), of any type
     */
    public void calibrate(NDArray mean, NDArray variance) {
        InPlace.copy(runningMean.getArray(), mean);
        InPlace.copy(
                runningSpread.getArray(),
                running == Running.DEVIATION ? variance.sqrt() : variance);
    }

    @Override
    protected Map<String, ?> settings() {
        Map<String, Object> named = new LinkedHashMap<>();
        named.put("eps", eps);
        named.put("correction", correction);
        return named;
    }

    /** The builder of {@link BatchNorm}. */
    public static final class Builder {

        private long channels;
        private double eps = 1e-5;
        private double momentum = 0.1;
        private int correction = 1;
        private float gamma = 1;
        private Running running = Running.VARIANCE;
        private Axes axes = Axes.BATCH_AND_POSITIONS;

        private Builder() {}

        /**
         * Sets the number of channels, so that the parameters have shapes before the layer is
         * initialized.
         *
         * @param channels C; by default that of the input
         * @return this builder
         */
        public Builder optChannels(long channels) {
            this.channels = Checks.atLeastOne("a batch norm's channels", channels);
            return this;
        }

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
        public Builder optMomentum(double momentum) {
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
         * Sets the initial scale, below 1 to make a last layer less confident.
         *
         * @param gamma the scale; default 1
         * @return this builder
         */
        public Builder optGamma(double gamma) {
            this.gamma = (float) gamma;
            return this;
        }

        /**
         * Sets what is kept of the spread.
         *
         * @param running the variance (default) or the deviation
         * @return this builder
         */
        public Builder optRunning(Running running) {
            this.running = running;
            return this;
        }

        /**
         * Sets over which axes the statistics are taken.
         *
         * @param axes the axes; default all but the last
         * @return this builder
         */
        public Builder optAxes(Axes axes) {
            this.axes = axes;
            return this;
        }

        /** {@return the layer} */
        public BatchNorm build() {
            return new BatchNorm(this);
        }
    }
}
