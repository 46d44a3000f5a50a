/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Objects;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.EngineFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.ops.Recorded;
import org.jspecify.annotations.Nullable;

/**
 * Softmax and cross entropy as one operation with the backward of the backprop-ninja lecture
 * (exercise 2): softmax minus one-hot.
 *
 * <p>With y the label of a row of logits and m its largest logit:
 *
 * <pre>
 * logp    = logits - m - log sum_j exp(logit_j - m)     log softmax; m makes exp safe
 * loss    = -logp_y
 * dlogits = (softmax(logits) - onehot(y)) dloss
 * </pre>
 *
 * <p>Derivation. d/dlogit_j of log sum exp is exp(logit_j) / sum exp = softmax_j, and -logit_y has
 * the derivative -1 where j = y. The gradient of a row sums to zero: it pulls the label up and
 * pushes the others down by the probability they have.
 *
 * <p>In general the target of a row is any t in the place of onehot(y), such as probabilities, and
 * each class has a weight w. Label smoothing by s takes (1 - s) t + s/K for t. Then
 *
 * <pre>
 * u       = w t                                         u = onehot(y) if there is nothing of these
 * loss    = -sum_j u_j logp_j
 * dlogits = (softmax(logits) sum_j u_j - u) dloss
 * dt      = -(1 - s) w logp dloss                       t before smoothing
 * </pre>
 *
 * <p>The mean over rows is, as in PyTorch, sum(loss) / sum(w_y) for labels, without the rows that
 * are ignored, and sum(loss) / N for probabilities.
 *
 * <p>Inputs: logits of shape (N, K); targets, either labels of shape (N) and an integer type, or
 * probabilities of shape (N, K) and a floating type, which have a gradient too; and optionally the
 * weights of the classes, of shape (K) and any type, which have none. Output: a scalar, or (N)
 * without reduction, of the type of the logits. Halves are computed in float32.
 */
public final class CrossEntropyFunction extends AutogradFunction {

    /** The label of rows that do not count, unless another is chosen; PyTorch's default. */
    public static final long IGNORE_INDEX = -100;

    private static final int[] CLASSES = {1};

    private final Reduction reduction;
    private final @Nullable Long ignoreIndex;
    private final double labelSmoothing;

    /**
     * Creates PyTorch's default: the mean over the rows whose label is not {@link #IGNORE_INDEX}.
     */
    public CrossEntropyFunction() {
        this(Reduction.MEAN, IGNORE_INDEX);
    }

    /**
     * Creates the operation without label smoothing.
     *
     * @param reduction how the rows become one number
     * @param ignoreIndex the label of rows that do not count, or null if all do
     */
    public CrossEntropyFunction(Reduction reduction, @Nullable Long ignoreIndex) {
        this(reduction, ignoreIndex, 0);
    }

    /**
     * Creates the operation.
     *
     * @param reduction how the rows become one number
     * @param ignoreIndex the label of rows that do not count, or null if all do; of no meaning for
     *     probabilities
     * @param labelSmoothing the part of the target that is spread evenly over all classes, from 0
     *     to 1
     */
    public CrossEntropyFunction(
            Reduction reduction, @Nullable Long ignoreIndex, double labelSmoothing) {
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new IllegalArgumentException(
                    "label smoothing must be from 0 to 1, but got " + labelSmoothing);
        }
        this.reduction = reduction;
        this.ignoreIndex = ignoreIndex;
        this.labelSmoothing = labelSmoothing;
    }

    /** {@return how the rows become one number} */
    Reduction reduction() {
        return reduction;
    }

    /** {@return the label of rows that do not count, or null if all do} */
    @Nullable Long ignoreIndex() {
        return ignoreIndex;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray targets = targets(inputs); // (N) or (N, K)
        if (ctx.needsInputGrad(2)) {
            throw new IllegalArgumentException(
                    "cross entropy has no gradient for the weights of classes; give it"
                            + " weights.stopGradient()");
        }
        NDArray logits = Recorded.wide(inputs.get(0)); // (N, K)
        NDArray weights = inType(inputs.get(2), logits); // (K)
        NDArray counts = counts(targets); // (N, 1)
        NDArray logp = logp(logits, counts); // (N, K)

        NDArray losses; // (N, 1)
        if (isLabels(targets) && labelSmoothing == 0) {
            // Of the label alone: a class that is ruled out, with a logit of -inf, adds 0, not NaN.
            NDArray labels = column(targets, counts); // (N, 1)
            losses = logp.gather(labels, 1).neg();
            losses = weights == null ? losses : losses.mul(of(labels, weights).expandDims(1));
        } else {
            NDArray u = u(targets, counts, weights, logp); // (N, K)
            losses = logp.mul(u).sum(CLASSES, true).neg();
        }
        if (counts != null) {
            losses = NDArrays.where(counts, losses, losses.zerosLike());
        }
        NDArray divisor = divisor(targets, counts, weights, logp);
        NDArray loss =
                switch (reduction) {
                    case MEAN -> mean(losses, divisor);
                    case SUM -> losses.sum();
                    case NONE -> losses.squeeze(1);
                };
        ctx.saveForBackward(inputs.get(0), targets, inputs.get(2), logp, divisor);
        return new NDList(Recorded.castLike(loss, inputs.get(0)));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDList saved = ctx.savedTensors();
        NDArray targets = saved.get(1); // (N) or (N, K)
        NDArray counts = counts(targets); // (N, 1)
        NDArray logp = saved.get(3); // (N, K)
        NDArray divisor = saved.get(4); // scalar
        NDArray weights = inType(saved.get(2), logp); // (K)
        if (ctx.createsGraph()) {
            logp = logp(Recorded.wide(saved.get(0)), counts);
            divisor = divisor(targets, counts, weights, logp);
        }

        NDArray dlosses = Recorded.wide(gradOutputs.get(0)); // scalar, or (N)
        if (reduction == Reduction.NONE) {
            dlosses = dlosses.reshape(-1, 1); // (N, 1)
        } else if (reduction == Reduction.MEAN) {
            long rows = logp.getShape().get(0);
            dlosses = divisor == null ? dlosses.div(rows) : dlosses.div(divisor);
        }
        if (counts != null) {
            // Not a product with a mask: if no row counts, the divisor is 0.
            NDArray each = dlosses.broadcast(counts.getShape());
            dlosses = NDArrays.where(counts, each, each.zerosLike()); // (N, 1)
        }
        NDArray u = u(targets, counts, weights, logp); // (N, K)
        NDArray p = logp.exp(); // (N, K)
        boolean sumsToOne = isLabels(targets) && weights == null;
        NDArray drawn = sumsToOne ? p : p.mul(u.sum(CLASSES, true)); // (N, K)
        NDArray dlogits = drawn.sub(u).mul(dlosses); // (N, K)
        NDArray dtargets = null;
        if (ctx.needsInputGrad(1)) {
            NDArray slope = logp.mul(dlosses).mul(labelSmoothing - 1); // (N, K)
            dtargets = Recorded.castLike(weights == null ? slope : slope.mul(weights), targets);
        }
        return new NDList(Recorded.castLike(dlogits, saved.get(0)), dtargets, null);
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        boolean each = reduction == Reduction.NONE;
        NDArray logits = ctx.saved(0); // (N, K)
        NDArray one = (each ? logits.sum(CLASSES) : logits.sum()).zerosLike().add(1);
        NDList gradients = backward(ctx, new NDList(one));
        return new NDList(tangent(gradients, tangents, each ? CLASSES : null));
    }

    /**
     * Returns the derivative of a loss in a direction: the sum of its gradient times the direction.
     *
     * @param gradients the gradient of each input, for an upstream gradient of 1
     * @param tangents the direction of each input; null for one that does not change
     * @param axes the axes to sum over where each row has a loss of its own; null for all
     */
    static NDArray tangent(NDList gradients, NDList tangents, int @Nullable [] axes) {
        NDArray sum = null;
        for (int i = 0; i < tangents.size(); i++) {
            if (tangents.get(i) != null && gradients.get(i) != null) {
                NDArray product = gradients.get(i).mul(tangents.get(i));
                NDArray term = axes == null ? product.sum() : product.sum(axes);
                sum = sum == null ? term : sum.add(term);
            }
        }
        return Objects.requireNonNull(sum, "no input of the loss changes");
    }

    /** The same by the engine's kernel, which knows labels alone. */
    @Override
    protected @Nullable NDList forwardByEngine(NDList inputs) {
        NDArray targets = targets(inputs); // (N) or (N, K)
        if (!isLabels(targets) || labelSmoothing > 0) {
            return null;
        }
        NDArray logits = Recorded.wide(inputs.get(0)); // (N, K)
        NDList loss =
                EngineFunction.call(
                        "nll_loss_forward",
                        logits.logSoftmax(1),
                        targets,
                        inType(inputs.get(2), logits),
                        reduction == Reduction.NONE ? 0 : reduction == Reduction.MEAN ? 1 : 2,
                        // There is no label -100 left if none is to be ignored.
                        ignoreIndex == null ? IGNORE_INDEX : ignoreIndex);
        return new NDList(Recorded.castLike(loss.get(0), inputs.get(0)));
    }

    /** Returns labels as INT64 of shape (N), or the probabilities as they are; all are checked. */
    private NDArray targets(NDList inputs) {
        Shape logits = inputs.get(0).getShape();
        NDArray targets = inputs.get(1);
        NDArray weights = inputs.get(2);
        if (logits.dimension() != 2) {
            throw new IllegalArgumentException(
                    "cross entropy takes logits of shape (N, K), but got " + logits);
        }
        long classes = logits.get(1);
        if (weights != null && !weights.getShape().equals(new Shape(classes))) {
            throw new IllegalArgumentException(
                    "cross entropy over %s classes takes weights of shape (%s), but got %s"
                            .formatted(classes, classes, weights.getShape()));
        }
        if (!isLabels(targets) && targets.getShape().equals(logits)) {
            return targets;
        }
        if (!targets.getShape().equals(new Shape(logits.get(0)))) {
            throw new IllegalArgumentException(
                    ("cross entropy takes one label for each row of logits:"
                                    + " logits of shape %s need labels of shape (%s), or"
                                    + " probabilities of their own shape, but got %s")
                            .formatted(logits, logits.get(0), targets.getShape()));
        }
        return checkLabels(targets, classes, ignoreIndex);
    }

    /** Checks type and range, and returns the labels as INT64. */
    static NDArray checkLabels(NDArray labels, long classes, @Nullable Long ignoreIndex) {
        String over = " over " + classes + " classes";
        return Checks.indices("cross entropy", over, "labels", labels, classes, ignoreIndex);
    }

    private static boolean isLabels(NDArray targets) {
        DataType type = targets.getDataType(); // of bfloat16 it is unknown
        return type.isInteger() || type.isBoolean();
    }

    /** Returns which rows count, (N, 1), or null if all do. */
    private @Nullable NDArray counts(NDArray targets) {
        return ignoreIndex != null && isLabels(targets)
                ? targets.reshape(-1, 1).neq(ignoreIndex)
                : null;
    }

    /** Returns log softmax, (N, K). */
    private static NDArray logp(NDArray logits, @Nullable NDArray counts) {
        if (counts == null) {
            return logits.logSoftmax(1);
        }
        // What an ignored row holds does not matter, but NaN times zero would be NaN.
        NDArray rows = counts.broadcast(logits.getShape());
        return NDArrays.where(rows, logits, logits.zerosLike()).logSoftmax(1);
    }

    /** Returns the labels as a column, (N, 1), with class 0 for those to ignore. */
    private static NDArray column(NDArray labels, @Nullable NDArray counts) {
        NDArray column = labels.reshape(-1, 1);
        return counts == null ? column : column.mul(counts.toType(DataType.INT64, false));
    }

    /** Returns the target of each row, smoothed and weighted, (N, K). */
    private NDArray u(
            NDArray targets, @Nullable NDArray counts, @Nullable NDArray weights, NDArray logp) {
        int classes = (int) logp.getShape().get(1);
        NDArray t =
                isLabels(targets)
                        ? column(targets, counts).squeeze(1).oneHot(classes, logp.getDataType())
                        : Recorded.castLike(targets, logp); // (N, K)
        if (labelSmoothing > 0) {
            t = t.mul(1 - labelSmoothing).add(labelSmoothing / classes);
        }
        return weights == null ? t : t.mul(weights);
    }

    /** Returns what the mean divides by, or null if that is the number of rows. */
    private @Nullable NDArray divisor(
            NDArray targets, @Nullable NDArray counts, @Nullable NDArray weights, NDArray logp) {
        if (reduction != Reduction.MEAN || !isLabels(targets)) {
            return null;
        }
        if (weights == null) {
            return counts == null ? null : counts.toType(logp.getDataType(), false).sum();
        }
        NDArray each = of(column(targets, counts), weights); // (N)
        return counts == null ? each.sum() : each.mul(counts.squeeze(1)).sum();
    }

    /** Returns the weight of each label, (N). */
    private static NDArray of(NDArray labels, NDArray weights) {
        return weights.gather(labels.squeeze(1), 0);
    }

    private static NDArray mean(NDArray losses, @Nullable NDArray divisor) {
        // With no row that counts it is 0/0, as in PyTorch, and the gradient zero.
        return divisor == null ? losses.mean() : losses.sum().div(divisor);
    }

    /** Returns the weights of the classes, if there are any, in the type of another array, (K). */
    private static @Nullable NDArray inType(@Nullable NDArray weights, NDArray like) {
        // Not recorded, as they have no gradient.
        return weights == null ? null : weights.toType(like.getDataType(), false);
    }

    @Override
    protected boolean isOptional(int input) {
        return input == 2; // weights
    }

    @Override
    protected List<String> inputNames() {
        return List.of("logits", "targets", "weights");
    }
}
