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
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.ops.Recorded;
import org.jspecify.annotations.Nullable;

/**
 * Softmax and cross entropy as one operation with the backward of the backprop-ninja lecture
 * (exercise 2): softmax minus one-hot.
 *
 * <p>With y the label of a row of logits, m its largest logit, and w the weight of the row (1/n for
 * the mean over n rows, 1 for the sum, 0 for an ignored label):
 *
 * <pre>
 * loss    = w (log sum_j exp(logit_j - m) - (logit_y - m))     m makes exp safe and cancels out
 * dlogits = w (softmax(logits) - onehot(y)) dloss
 * </pre>
 *
 * <p>Derivation. d/dlogit_j of log sum exp is exp(logit_j) / sum exp = softmax_j, and -logit_y has
 * the derivative -1 where j = y. The gradient of a row sums to zero: it pulls the label up and
 * pushes the others down by the probability they have.
 *
 * <p>Label smoothing by s puts the target t = (1 - s) onehot(y) + s/K in the place of onehot(y), as
 * PyTorch does: of the probability s, every class gets its share, the label too. Then
 *
 * <pre>
 * loss    = w (log sum_j exp(logit_j - m) - sum_j t_j (logit_j - m))
 * dlogits = w (softmax(logits) - t) dloss
 * </pre>
 *
 * <p>Inputs: logits of shape (N, K), labels of shape (N) and an integer type. Output: a scalar, or
 * (N) without reduction, of the type of the logits. Halves are computed in float32.
 */
public final class CrossEntropyFunction extends AutogradFunction {

    private final Reduction reduction;
    private final @Nullable Long ignoreIndex;
    private final double labelSmoothing;

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
     * @param ignoreIndex the label of rows that do not count, or null if all do
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

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray labels = check(inputs.get(0), inputs.get(1)); // (N)
        NDArray logits = Recorded.wide(inputs.get(0)); // (N, K)
        NDArray column = labels.reshape(-1, 1); // (N, 1)
        NDArray weight = null;
        if (ignoreIndex != null) {
            NDArray counts = column.neq(ignoreIndex); // (N, 1)
            weight = counts.toType(logits.getDataType(), false); // (N, 1)
            // An ignored row counts zero times, but NaN times zero is NaN; and its label is no
            // class.
            NDArray rows = counts.broadcast(logits.getShape());
            logits = NDArrays.where(rows, logits, logits.zerosLike());
            column = column.mul(counts.toType(DataType.INT64, false));
        }

        NDArray shifted = logits.sub(logits.max(new int[] {1}, true)); // (N, K)
        NDArray exp = shifted.exp(); // (N, K)
        NDArray sum = exp.sum(new int[] {1}, true); // (N, 1)
        NDArray target = shifted.gather(column, 1); // (N, 1), the sum of t_j (logit_j - m)
        if (labelSmoothing > 0) {
            NDArray even = shifted.mean(new int[] {1}, true); // (N, 1)
            target = target.mul(1 - labelSmoothing).add(even.mul(labelSmoothing));
        }
        NDArray losses = sum.log().sub(target); // (N, 1)
        NDArray probs = exp.divi(sum); // (N, K), in the place of exp

        if (weight != null) {
            losses = losses.mul(weight);
        }
        if (reduction == Reduction.MEAN) {
            NDArray count = weight == null ? scalar(logits, column.size()) : weight.sum();
            // With no row that counts the loss is 0/0, as in PyTorch, and the gradient zero.
            weight =
                    weight == null
                            ? count.getNDArrayInternal().rdiv(1)
                            : weight.div(count.maximum(1));
            losses = losses.sum().div(count);
        } else if (reduction == Reduction.SUM) {
            losses = losses.sum();
        } else {
            losses = losses.squeeze(1);
        }
        if (weight == null) {
            weight = scalar(logits, 1);
        }
        ctx.saveForBackward(probs, column, weight);
        return new NDList(Recorded.castLike(losses, inputs.get(0)));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dloss = Recorded.wide(gradOutputs.get(0)); // scalar, or (N)
        NDList saved = ctx.savedTensors();
        NDArray probs = saved.get(0); // (N, K)
        NDArray column = saved.get(1); // (N, 1)
        NDArray weight = saved.get(2); // scalar, or (N, 1)
        if (reduction == Reduction.NONE) {
            dloss = dloss.reshape(-1, 1); // (N, 1)
        }
        int classes = (int) probs.getShape().get(1);
        NDArray oneHot = column.squeeze(1).oneHot(classes, probs.getDataType()); // (N, K)
        NDArray target = oneHot;
        if (labelSmoothing > 0) {
            target = oneHot.mul(1 - labelSmoothing).add(labelSmoothing / classes);
        }
        NDArray dlogits = probs.sub(target).mul(dloss.mul(weight)); // (N, K)
        return new NDList(Recorded.castLike(dlogits, gradOutputs.get(0)), null);
    }

    private static NDArray scalar(NDArray like, long value) {
        // In memory of the engine, since backward needs it.
        return like.getManager()
                .zeros(new Shape(), like.getDataType(), like.getDevice())
                .addi(value);
    }

    /** Checks shapes, type and range, and returns the labels as INT64 of shape (N). */
    private NDArray check(NDArray logits, NDArray labels) {
        Shape shape = logits.getShape();
        if (shape.dimension() != 2) {
            throw new IllegalArgumentException(
                    "cross entropy takes logits of shape (N, K), but got " + shape);
        }
        if (!labels.getShape().equals(new Shape(shape.get(0)))) {
            throw new IllegalArgumentException(
                    "cross entropy takes one label for each row of logits: logits of shape "
                            + shape
                            + " need labels of shape ("
                            + shape.get(0)
                            + "), but got "
                            + labels.getShape());
        }
        return checkedLabels(labels, shape.get(1), ignoreIndex);
    }

    /** Checks type and range, and returns the labels as INT64. */
    static NDArray checkedLabels(NDArray labels, long classes, @Nullable Long ignoreIndex) {
        if (labels.getDataType().isFloating() || labels.getDataType().isBoolean()) {
            throw new IllegalArgumentException(
                    "cross entropy takes labels of an integer type, but got "
                            + labels.getDataType()
                            + "; convert them with toType(DataType.INT64, false)");
        }
        NDArray wide = labels.toType(DataType.INT64, false);
        // On the CPU too: the engine's own check names neither the row nor the remedy.
        long[] values = wide.toLongArray();
        for (int i = 0; i < values.length; i++) {
            boolean ignored = ignoreIndex != null && values[i] == ignoreIndex;
            if (!ignored && (values[i] < 0 || values[i] >= classes)) {
                throw new IllegalArgumentException(
                        "cross entropy over "
                                + classes
                                + " classes takes labels from 0 to "
                                + (classes - 1)
                                + (ignoreIndex == null ? "" : ", or " + ignoreIndex + " to ignore")
                                + ", but label "
                                + i
                                + " is "
                                + values[i]);
            }
        }
        return wide;
    }

    @Override
    protected List<String> inputNames() {
        return List.of("logits", "labels");
    }
}
