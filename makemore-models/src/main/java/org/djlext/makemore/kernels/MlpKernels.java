/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Arrays;

/**
 * Training steps of lecture 5's network: embedding, linear, batch norm, tanh, linear, cross
 * entropy, and plain gradient descent.
 *
 * <p>A parameter is updated in backward, once its old value is not needed any more.
 */
public final class MlpKernels {

    private final NDArray c;
    private final NDArray w1;
    private final NDArray b1;
    private final NDArray w2;
    private final NDArray b2;
    private final NDArray bngain;
    private final NDArray bnbias;
    private final int n;
    private final int positions;
    private final EmbeddingKernel embedding;
    private final LinearKernel linear1;
    private final BatchNormKernel batchNorm;
    private final LinearKernel linear2;
    private final CrossEntropyKernel crossEntropy;
    private final float[][] embcat;
    private final float[][] h;
    private final float[][] logits;
    private final float[][] dh;
    private final float[][] dembcat;

    /**
     * Prepares steps of one batch size.
     *
     * @param n the number of examples of a batch, at least 2
     * @param parameters what is trained, FLOAT32: C (V, features), W1 (T features, hidden), b1
     *     (hidden), W2 (hidden, V), b2 (V), bngain and bnbias, (1, hidden) each
     * @param eps what batch norm adds to the variance
     */
    public MlpKernels(int n, NDList parameters, double eps) {
        this.n = n;
        c = parameters.get(0);
        w1 = parameters.get(1);
        b1 = parameters.get(2);
        w2 = parameters.get(3);
        b2 = parameters.get(4);
        bngain = parameters.get(5);
        bnbias = parameters.get(6);
        int vocabulary = (int) c.getShape().get(0);
        int features = (int) c.getShape().get(1);
        int in = (int) w1.getShape().get(0);
        int hidden = (int) w1.getShape().get(1);
        positions = in / features;
        embedding = new EmbeddingKernel(vocabulary, features, positions);
        linear1 = new LinearKernel(in, hidden);
        batchNorm = new BatchNormKernel(n, hidden, eps);
        linear2 = new LinearKernel(hidden, vocabulary);
        crossEntropy = new CrossEntropyKernel(vocabulary);
        embcat = Rows.zeros(n, in);
        h = Rows.zeros(n, hidden);
        logits = Rows.zeros(n, vocabulary);
        dh = Rows.zeros(n, hidden);
        dembcat = Rows.zeros(n, in);
    }

    /**
     * Trains. The numbers are copied here from the parameters, and back in the end.
     *
     * @param x the indices of the batches, (steps, n, T), one behind the other
     * @param y the labels of the batches, (steps, n), one behind the other
     * @param rates the learning rate of each step
     * @return the loss of each batch before its update; the last one may be no number, then there
     *     were no updates from it on
     */
    public double[] run(long[] x, long[] y, double[] rates) {
        load();
        double[] losses = new double[rates.length];
        int done = 0;
        while (done < rates.length) {
            double loss = step(x, y, done, (float) rates[done]);
            losses[done++] = loss;
            if (!Double.isFinite(loss)) {
                break;
            }
        }
        store();
        return Arrays.copyOf(losses, done);
    }

    private double step(long[] x, long[] y, int index, float lr) {
        int fromX = index * n * positions;
        int fromY = index * n;
        embedding.forward(x, fromX, embcat);
        linear1.forward(embcat, h);
        batchNorm.forward(h);
        TanhKernel.forward(h);
        linear2.forward(h, logits);
        double loss = crossEntropy.forward(logits, y, fromY);
        if (Double.isFinite(loss)) {
            crossEntropy.backward(logits, y, fromY);
            linear2.backward(h, logits, dh, lr);
            TanhKernel.backward(h, dh);
            batchNorm.backward(dh, lr);
            linear1.backward(embcat, dh, dembcat, lr);
            embedding.backward(x, fromX, dembcat, lr);
        }
        return loss;
    }

    private void load() {
        embedding.load(c);
        linear1.load(w1, b1);
        batchNorm.load(bngain, bnbias);
        linear2.load(w2, b2);
    }

    private void store() {
        embedding.store(c);
        linear1.store(w1, b1);
        batchNorm.store(bngain, bnbias);
        linear2.store(w2, b2);
    }
}
