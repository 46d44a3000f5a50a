/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.rounding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * The mean cross entropy of float32 logits, with the sum of a row in the order of vectors of eight
 * floats, as AVX2 has them: lane i adds up the columns i, i + 8, i + 16 and so on, and then the
 * lanes are added in halves, i and i + 4 first.
 *
 * <pre>
 * log p = logits - max - log(sum(exp(logits - max)))
 * loss  = -mean(log p of the label)
 * d     = (p - 1 at the label) dloss / n
 * </pre>
 *
 * <p>Inputs: logits of shape (n, K), K at least 8, and labels of shape (n), INT64. Output: a
 * scalar.
 */
final class EightLaneCrossEntropy extends AutogradFunction {

    private static final int LANES = 8;

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray logits = inputs.get(0);
        NDArray labels = inputs.get(1);
        long[] label = labels.toLongArray();
        int classes = (int) logits.getShape().get(1);
        float[] values = logits.toFloatArray();
        double loss = 0;
        for (int row = 0; row < label.length; row++) {
            logSoftmax(values, row * classes, classes);
            loss -= values[row * classes + (int) label[row]];
        }
        NDArray logProbs = EngineMemory.array(logits.getManager(), values, logits.getShape());
        ctx.saveForBackward(logProbs, labels);
        return new NDList(
                EngineMemory.array(
                        logits.getManager(),
                        new float[] {(float) (loss / label.length)},
                        new Shape()));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray logProbs = ctx.savedTensors().get(0);
        long[] label = ctx.savedTensors().get(1).toLongArray();
        int classes = (int) logProbs.getShape().get(1);
        float[] values = logProbs.toFloatArray();
        float scale = gradOutputs.get(0).getFloat() / label.length;
        for (int i = 0; i < values.length; i++) {
            float target = i % classes == label[i / classes] ? scale : 0;
            values[i] = SleefMath.exp(values[i]) * scale - target;
        }
        return new NDList(
                EngineMemory.array(logProbs.getManager(), values, logProbs.getShape()), null);
    }

    @Override
    protected boolean onceDifferentiable() {
        return true;
    }

    /** Replaces a row of logits with the logarithms of its softmax. */
    private static void logSoftmax(float[] values, int from, int size) {
        float max = Float.NEGATIVE_INFINITY;
        for (int j = 0; j < size; j++) {
            max = Math.max(max, values[from + j]);
        }
        float[] lanes = new float[LANES];
        for (int j = 0; j < size; j++) {
            lanes[j % LANES] += SleefMath.exp(values[from + j] - max);
        }
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                lanes[lane] += lanes[lane + half];
            }
        }
        float log = SleefMath.log(lanes[0]);
        for (int j = 0; j < size; j++) {
            values[from + j] = values[from + j] - max - log;
        }
    }
}
