/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.SparseFormat;

/**
 * Exercise 4: forward and backward of the whole network in as few operations as the derivations of
 * exercises 2 and 3 leave.
 *
 * <p>The parts that pay: cross entropy backward is softmax minus one-hot, batch norm backward is
 * one line. See {@link org.djlext.nn.CrossEntropyFunction} and {@link
 * org.djlext.nn.BatchNormFunction} for the derivations.
 */
public final class ManualStep {

    private static final int[] ROWS = {0};

    private final int batchSize;
    // Numbers as arrays: an operation with a Java number makes an array of it each time, which
    // costs more than the operation.
    private final NDArray minusHalf;
    private final NDArray n;
    private final NDArray nMinus1;
    private final NDArray besselRatio;
    private final NDArray eps;
    private final NDArray identity;

    /**
     * What forward leaves for backward.
     *
     * @param loss the mean cross entropy, a scalar
     * @param logprobs (n, vocabSize)
     * @param h (n, nHidden)
     * @param bnraw (n, nHidden)
     * @param bnvarInv (1, nHidden)
     * @param embcat (n, blockSize nEmbd)
     */
    public record Forward(
            NDArray loss,
            NDArray logprobs,
            NDArray h,
            NDArray bnraw,
            NDArray bnvarInv,
            NDArray embcat) {}

    /**
     * Prepares steps of one batch size.
     *
     * @param manager the manager of the constants, of the parameters' device
     * @param batchSize n, at least 2
     * @param vocabSize the number of characters
     */
    public ManualStep(NDManager manager, int batchSize, int vocabSize) {
        this.batchSize = batchSize;
        minusHalf = manager.create(-0.5f);
        n = manager.create((float) batchSize);
        nMinus1 = manager.create(batchSize - 1f);
        besselRatio = manager.create(batchSize / (batchSize - 1f));
        eps = manager.create((float) ChunkedForward.EPS);
        identity = manager.eye(vocabSize);
    }

    /**
     * Runs the network on a batch.
     *
     * @param p the parameters
     * @param xb the contexts, (n, 3)
     * @param yb the labels, (n)
     * @return the loss, and what backward needs
     */
    public Forward forward(NinjaParameters p, NDArray xb, NDArray yb) {
        NDArray emb = xb.getNDArrayInternal().embedding(xb, p.c(), SparseFormat.DENSE).get(0);
        NDArray embcat = emb.reshape(batchSize, -1); // (n, 30)
        NDArray hprebn = embcat.matMul(p.w1()).add(p.b1()); // (n, 200)
        NDArray bndiff = hprebn.sub(hprebn.mean(ROWS, true)); // (n, 200)
        NDArray bnvar = bndiff.square().sum(ROWS, true).div(nMinus1); // (1, 200)
        NDArray bnvarInv = bnvar.add(eps).pow(minusHalf); // (1, 200)
        NDArray bnraw = bndiff.mul(bnvarInv); // (n, 200)
        NDArray h = bnraw.mul(p.bngain()).add(p.bnbias()).tanh(); // (n, 200)
        NDArray logits = h.matMul(p.w2()).add(p.b2()); // (n, 27)
        NDArray logprobs = logits.logSoftmax(1); // (n, 27)
        NDArray loss = logprobs.gather(yb.reshape(batchSize, 1), 1).mean().neg();
        return new Forward(loss, logprobs, h, bnraw, bnvarInv, embcat);
    }

    /**
     * {@return a gradient for each parameter, in the order of {@link NinjaParameters#list()}}
     *
     * @param f the forward pass
     * @param p the parameters
     * @param xb the contexts, (n, 3)
     * @param yb the labels, (n)
     */
    public NDList backward(Forward f, NinjaParameters p, NDArray xb, NDArray yb) {
        // Cross entropy: (softmax - onehot) / n
        NDArray dlogits = f.logprobs.exp().subi(oneHot(yb)).divi(n); // (n, 27)
        // Linear layer 2
        NDArray dh = dlogits.matMul(transposed(p.w2(), dlogits)); // (n, 200)
        NDArray dW2 = f.h.transpose().matMul(dlogits); // (200, 27)
        NDArray db2 = dlogits.sum(ROWS); // (27)
        // tanh: (1 - h^2) dh = dh - h^2 dh
        NDArray dhpreact = dh.sub(f.h.square().muli(dh)); // (n, 200)
        // BatchNorm: gain bnvar_inv / n (n dy - sum(dy) - n/(n-1) bnraw sum(dy bnraw))
        NDArray dbngain = f.bnraw.mul(dhpreact).sum(ROWS, true); // (1, 200)
        NDArray dbnbias = dhpreact.sum(ROWS, true); // (1, 200)
        NDArray dhprebn =
                dhpreact.mul(n)
                        .subi(dbnbias)
                        .subi(f.bnraw.mul(dbngain.mul(besselRatio)))
                        .muli(f.bnvarInv.mul(p.bngain()).divi(n)); // (n, 200)
        // Linear layer 1
        NDArray dembcat = dhprebn.matMul(transposed(p.w1(), dhprebn)); // (n, 30)
        NDArray dW1 = f.embcat.transpose().matMul(dhprebn); // (30, 200)
        NDArray db1 = dhprebn.sum(ROWS); // (200)
        // Embedding: each row of C gets the sum over the places of its character
        NDArray demb = dembcat.reshape(-1, p.c().getShape().get(1)); // (3 n, 10)
        NDArray dC = oneHot(xb.flatten()).transpose().matMul(demb); // (27, 10)
        return new NDList(dC, dW1, db1, dW2, db2, dbngain, dbnbias);
    }

    // The view belongs to the manager of the step; a result of an operation on a parameter would
    // stay in the parameter's manager, one more a step.
    static NDArray transposed(NDArray parameter, NDArray ofStep) {
        NDArray view = parameter.transpose();
        view.attach(ofStep.getManager());
        return view;
    }

    /** Rows of the identity matrix, (indices, vocabSize). */
    private NDArray oneHot(NDArray indices) {
        return indices.getNDArrayInternal().embedding(indices, identity, SparseFormat.DENSE).get(0);
    }
}
