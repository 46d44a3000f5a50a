/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Exercise 1, backward: the gradient of every intermediate of {@link ChunkedForward}, last to
 * first.
 *
 * <p>Three rules do most of it. What was broadcast in forward is summed in backward, and what was
 * summed is broadcast. What was used twice gets the sum of both gradients. And for D = A B + c the
 * shapes leave one possibility: dA = dD B^T, dB = A^T dD, dc = the sum of dD over its rows.
 */
public final class ChunkedBackward {

    private ChunkedBackward() {}

    /**
     * {@return the 26 gradients by the lecture's names, in the lecture's order}
     *
     * @param f the forward pass
     * @param p the parameters
     * @param xb the contexts, (n, 3)
     * @param yb the labels, (n)
     */
    public static Map<String, NDArray> run(
            ChunkedForward f, NinjaParameters p, NDArray xb, NDArray yb) {
        Map<String, NDArray> d = new LinkedHashMap<>();
        long n = xb.getShape().get(0);
        int classes = (int) f.logits().getShape().get(1);
        int[] rows = {0};
        int[] columns = {1};

        // Only the label's log probability is in the loss, with -1/n.
        NDArray dlogprobs = yb.oneHot(classes, DataType.FLOAT32).mul(-1.0 / n);
        d.put("logprobs", dlogprobs);
        // d log(x)/dx = 1/x
        NDArray dprobs = dlogprobs.div(f.probs());
        d.put("probs", dprobs);
        // probs = counts countsSumInv, where countsSumInv was broadcast over the columns
        NDArray dcountsSumInv = f.counts().mul(dprobs).sum(columns, true);
        d.put("counts_sum_inv", dcountsSumInv);
        // d x^-1/dx = -x^-2
        NDArray dcountsSum = f.countsSum().pow(-2).neg().mul(dcountsSumInv);
        d.put("counts_sum", dcountsSum);
        // counts was used twice: in probs, and in the sum, which passes its gradient to all it
        // summed
        NDArray dcounts = f.countsSumInv().mul(dprobs).add(dcountsSum);
        d.put("counts", dcounts);
        // d exp(x)/dx = exp(x)
        NDArray dnormLogits = f.counts().mul(dcounts);
        d.put("norm_logits", dnormLogits);
        // The maxima change nothing in the loss, so this is zero but for rounding.
        NDArray dlogitMaxes = dnormLogits.neg().sum(columns, true);
        d.put("logit_maxes", dlogitMaxes);
        // logits were used twice: directly, and for the maximum, where it was
        NDArray whereMax = f.logits().argMax(1).oneHot(classes, DataType.FLOAT32);
        NDArray dlogits = dnormLogits.add(whereMax.mul(dlogitMaxes));
        d.put("logits", dlogits);
        // Linear layer 2
        NDArray dh = dlogits.matMul(ManualStep.transposed(p.w2(), dlogits));
        d.put("h", dh);
        d.put("W2", f.h().transpose().matMul(dlogits));
        d.put("b2", dlogits.sum(rows));
        // d tanh(x)/dx = 1 - tanh(x)^2, which is h
        NDArray dhpreact = f.h().mul(f.h()).neg().add(1).mul(dh);
        d.put("hpreact", dhpreact);
        // BatchNorm layer; gain and bias were broadcast over the rows
        d.put("bngain", f.bnraw().mul(dhpreact).sum(rows, true));
        d.put("bnbias", dhpreact.sum(rows, true));
        NDArray dbnraw = dhpreact.mul(p.bngain());
        d.put("bnraw", dbnraw);
        NDArray dbnvarInv = f.bndiff().mul(dbnraw).sum(rows, true);
        d.put("bnvar_inv", dbnvarInv);
        // d (v + eps)^-1/2 / dv = -1/2 (v + eps)^-3/2
        NDArray dbnvar = f.bnvar().add(ChunkedForward.EPS).pow(-1.5).mul(-0.5).mul(dbnvarInv);
        d.put("bnvar", dbnvar);
        NDArray dbndiff2 = f.bndiff2().onesLike().mul(1.0 / (n - 1)).mul(dbnvar);
        d.put("bndiff2", dbndiff2);
        // bndiff was used twice: in bnraw, and squared for the variance
        NDArray dbndiff = f.bnvarInv().mul(dbnraw).add(f.bndiff().mul(2).mul(dbndiff2));
        d.put("bndiff", dbndiff);
        NDArray dbnmeani = dbndiff.neg().sum(rows, true);
        d.put("bnmeani", dbnmeani);
        // hprebn was used twice: directly, and for the mean
        NDArray dhprebn = dbndiff.add(f.hprebn().onesLike().mul(1.0 / n).mul(dbnmeani));
        d.put("hprebn", dhprebn);
        // Linear layer 1
        NDArray dembcat = dhprebn.matMul(ManualStep.transposed(p.w1(), dhprebn));
        d.put("embcat", dembcat);
        d.put("W1", f.embcat().transpose().matMul(dhprebn));
        d.put("b1", dhprebn.sum(rows));
        // Embedding: a row of C gets the sum over all places where its character stood
        NDArray demb = dembcat.reshape(f.emb().getShape());
        d.put("emb", demb);
        NDArray whichRow = xb.flatten().oneHot((int) p.c().getShape().get(0), DataType.FLOAT32);
        d.put("C", whichRow.transpose().matMul(demb.reshape(-1, p.c().getShape().get(1))));
        return d;
    }
}
