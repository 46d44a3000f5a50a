/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.ConstantInitializer;
import ai.djl.training.initializer.Initializer;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.fused.FusedBatchNorm;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.nn.RunningStatistics;
import org.djlext.torch.ops.InPlace;
import org.djlext.torch.ops.Recorded;

/**
 * Batch normalization as the lectures write it (makemore 3 and 5), with the unbiased variance.
 *
 * <p>In training each channel is normalized with the statistics of the batch, over all axes but the
 * last, and these move the running ones: {@code running = (1 - momentum) running + momentum batch}.
 * In evaluation it uses the running ones, so that a row does not depend on the others.
 *
 * <p>Input and output: (N, C) or (N, T, C). Parameters: gamma, initially 1 or less, and beta,
 * initially 0, of shape (C); buffers: running_mean (0) and running_var (1).
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015</a>
 */
public final class BatchNorm1d extends Layer {

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

    private final Settings settings;
    private final Operations operations;
    private final Parameter gamma;
    private final Parameter beta;
    private final Parameter runningMean;
    private final Parameter runningSpread;

    /**
     * The settings.
     *
     * @param eps what is added to the variance, 1e-5 in the module and 0 in the first version
     * @param momentum the weight of a new batch in the running statistics
     * @param gamma the initial scale, below 1 to make a last layer less confident
     * @param running what is kept of the spread
     * @param axes over which axes the statistics are taken
     */
    public record Settings(double eps, double momentum, double gamma, Running running, Axes axes) {

        /** The lectures' module: eps 1e-5, momentum 0.1. */
        public static final Settings MODULE =
                new Settings(1e-5, 0.1, 1, Running.VARIANCE, Axes.BATCH_AND_POSITIONS);

        /** The first version in makemore 3: no eps, a running deviation, momentum 0.001. */
        public static final Settings FIRST =
                new Settings(0, 0.001, 1, Running.DEVIATION, Axes.BATCH_AND_POSITIONS);

        /**
         * Returns settings with another initial scale.
         *
         * @param scale the initial gamma
         * @return the new settings
         */
        public Settings withGamma(double scale) {
            return new Settings(eps, momentum, scale, running, axes);
        }

        /**
         * Returns settings with other axes.
         *
         * @param other over which axes the statistics are taken
         * @return the new settings
         */
        public Settings withAxes(Axes other) {
            return new Settings(eps, momentum, gamma, running, other);
        }
    }

    /**
     * Makes the layer.
     *
     * @param gradients who differentiates
     * @param channels C
     * @param settings the settings
     */
    public BatchNorm1d(Gradients gradients, long channels, Settings settings) {
        operations = gradients.operations();
        this.settings = settings;
        gamma =
                addParameter(
                        "gamma",
                        Parameter.Type.GAMMA,
                        new ConstantInitializer((float) settings.gamma),
                        channels);
        beta = addParameter("beta", Parameter.Type.BETA, Initializer.ZEROS, channels);
        runningMean =
                addParameter(
                        RunningStatistics.parameter("running_mean", Parameter.Type.RUNNING_MEAN));
        runningSpread =
                addParameter(
                        RunningStatistics.parameter(
                                settings.running == Running.VARIANCE
                                        ? "running_var"
                                        : "running_std",
                                Parameter.Type.RUNNING_VAR));
    }

    @Override
    protected void prepare(Shape[] inputShapes) {
        Shape input = inputShapes[0];
        long channels = gamma.getShape().get(0);
        if (input.dimension() < 2
                || input.dimension() > 3
                || input.get(input.dimension() - 1) != channels) {
            throw new IllegalArgumentException(
                    "BatchNorm1d takes input of shape (N, C) or (N, T, C) with C = "
                            + channels
                            + ", but got "
                            + input);
        }
        Shape statistics =
                separatePositions(input) ? new Shape(input.get(1), channels) : new Shape(channels);
        runningMean.setShape(statistics);
        runningSpread.setShape(statistics);
    }

    private boolean separatePositions(Shape input) {
        return settings.axes == Axes.BATCH_ONLY && input.dimension() == 3;
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray g = pass.value(gamma); // (C)
        NDArray b = pass.value(beta); // (C)
        NDArray mean = pass.value(runningMean); // (C) or (T, C)
        NDArray spread = pass.value(runningSpread);
        if (!pass.training()) {
            NDArray std =
                    settings.running == Running.DEVIATION
                            ? spread
                            : pass.here(spread.add(settings.eps)).sqrt();
            NDArray scale = pass.here(g.div(std));
            NDArray wide = Recorded.wide(x);
            return Recorded.castLike(wide.mul(scale).sub(scale.mul(mean).sub(b)), x);
        }
        boolean separate = separatePositions(x.getShape());
        long values = separate ? x.getShape().get(0) : x.size() / gamma.getShape().get(0);
        if (values < 2) {
            throw new IllegalArgumentException(
                    "BatchNorm1d needs at least 2 values a channel in training mode, but x of shape "
                            + x.getShape()
                            + " has 1; use a larger batch, or evaluation mode");
        }
        Operations.Normalized normalized =
                separate
                        ? normalizeSeparately(x, repeat(g, x, pass), repeat(b, x, pass))
                        : operations.batchNorm(x, g, b, settings.eps);
        NDArray var = normalized.var();
        NDArray batchSpread = settings.running == Running.DEVIATION ? var.sqrt() : var;
        move(mean, normalized.mean());
        move(spread, batchSpread);
        return normalized.y();
    }

    @Override
    public List<FusedLayer> fused() {
        // Statistics of each position alone have more than one axis, and a script of their own.
        return settings.axes == Axes.BATCH_ONLY
                ? List.of()
                : List.of(
                        new FusedBatchNorm(
                                gamma.getArray(),
                                beta.getArray(),
                                settings.eps,
                                new FusedBatchNorm.RunningStatistics(
                                        runningMean.getArray(),
                                        runningSpread.getArray(),
                                        settings.running == Running.DEVIATION,
                                        settings.momentum)));
    }

    /** Treats each position's channels as channels of their own. */
    private Operations.Normalized normalizeSeparately(NDArray x, NDArray g, NDArray b) {
        Shape shape = x.getShape(); // (N, T, C)
        NDArray rows = x.reshape(shape.get(0), -1); // (N, T C)
        Operations.Normalized n = operations.batchNorm(rows, g, b, settings.eps);
        return new Operations.Normalized(n.y().reshape(shape), n.mean(), n.var());
    }

    /** Repeats gamma or beta, which the positions share: (C) to (T C). */
    private static NDArray repeat(NDArray parameter, NDArray x, Pass pass) {
        return pass.here(parameter.tile(x.getShape().get(1)));
    }

    private void move(NDArray running, NDArray batch) {
        RunningStatistics.move(running, batch.reshape(running.getShape()), settings.momentum);
    }

    /**
     * Replaces the running statistics, as the lecture's calibration at the end of training does.
     *
     * @param mean the mean of all training data before this layer, (C), of any type
     * @param variance its unbiased variance, (C), of any type
     */
    public void calibrate(NDArray mean, NDArray variance) {
        InPlace.copy(runningMean.getArray(), mean);
        NDArray spread = settings.running == Running.DEVIATION ? variance.sqrt() : variance;
        InPlace.copy(runningSpread.getArray(), spread);
    }

    @Override
    protected Map<String, ?> settings() {
        return Map.of("eps", settings.eps);
    }

    @Override
    public String toString() {
        return "BatchNorm1d";
    }
}
