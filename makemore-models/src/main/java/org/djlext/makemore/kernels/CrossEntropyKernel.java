/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

/** The mean cross entropy of logits and labels. */
final class CrossEntropyKernel {

    private final int classes;

    /** Takes logits of V classes. */
    CrossEntropyKernel(int classes) {
        this.classes = classes;
    }

    /**
     * Returns the loss and puts softmax in the place of the logits.
     *
     * @param logits (n, V)
     * @param y labels, n of them from a place on
     * @param from the place
     * @return the mean of -log softmax at the labels
     */
    double forward(float[][] logits, long[] y, int from) {
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            sum += softmax(logits[i], (int) y[from + i]);
        }
        return sum / logits.length;
    }

    private double softmax(float[] logits, int label) {
        float max = logits[0];
        for (int j = 1; j < classes; j++) {
            max = Math.max(max, logits[j]);
        }
        double normLogit = logits[label] - max;
        double countsSum = 0;
        for (int j = 0; j < classes; j++) {
            double count = Math.exp(logits[j] - max);
            countsSum += count;
            logits[j] = (float) count;
        }
        float countsSumInv = (float) (1 / countsSum);
        for (int j = 0; j < classes; j++) {
            logits[j] *= countsSumInv;
        }
        return Math.log(countsSum) - normLogit;
    }

    /** Puts dlogits = (softmax - onehot) / n in the place of softmax. */
    void backward(float[][] softmax, long[] y, int from) {
        float nInv = 1f / softmax.length;
        for (int i = 0; i < softmax.length; i++) {
            float[] d = softmax[i];
            d[(int) y[from + i]] -= 1;
            for (int j = 0; j < classes; j++) {
                d[j] *= nInv;
            }
        }
    }
}
