/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.SparseFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Exercise 1, forward: the whole network in pieces so small that the derivative of each is plain.
 *
 * @param emb C[Xb], (n, 3, 10)
 * @param embcat (n, 30)
 * @param hprebn embcat W1 + b1, (n, 64)
 * @param bnmeani the mean over the batch, (1, 64)
 * @param bndiff (n, 64)
 * @param bndiff2 (n, 64)
 * @param bnvar the unbiased variance, with n - 1 (Bessel's correction), (1, 64)
 * @param bnvarInv (bnvar + 1e-5)^-1/2, (1, 64)
 * @param bnraw (n, 64)
 * @param hpreact (n, 64)
 * @param h tanh, (n, 64)
 * @param logits h W2 + b2, (n, 27)
 * @param logitMaxes subtracted so that exp cannot overflow, (n, 1)
 * @param normLogits (n, 27)
 * @param counts exp, (n, 27)
 * @param countsSum (n, 1)
 * @param countsSumInv (n, 1)
 * @param probs (n, 27)
 * @param logprobs (n, 27)
 * @param loss the mean of -logprobs at the labels, a scalar
 */
public record ChunkedForward(
        NDArray emb,
        NDArray embcat,
        NDArray hprebn,
        NDArray bnmeani,
        NDArray bndiff,
        NDArray bndiff2,
        NDArray bnvar,
        NDArray bnvarInv,
        NDArray bnraw,
        NDArray hpreact,
        NDArray h,
        NDArray logits,
        NDArray logitMaxes,
        NDArray normLogits,
        NDArray counts,
        NDArray countsSum,
        NDArray countsSumInv,
        NDArray probs,
        NDArray logprobs,
        NDArray loss) {

    /** What is added to the variance. */
    public static final double EPS = 1e-5;

    /**
     * Runs the network on a batch.
     *
     * @param p the parameters
     * @param xb the contexts, (n, 3)
     * @param yb the labels, (n)
     * @return every intermediate
     */
    public static ChunkedForward run(NinjaParameters p, NDArray xb, NDArray yb) {
        long n = xb.getShape().get(0);
        int[] rows = {0};
        int[] columns = {1};

        NDArray emb = xb.getNDArrayInternal().embedding(xb, p.c(), SparseFormat.DENSE).get(0);
        NDArray embcat = emb.reshape(n, -1);
        // Linear layer 1
        NDArray hprebn = embcat.matMul(p.w1()).add(p.b1());
        // BatchNorm layer
        NDArray bnmeani = hprebn.sum(rows, true).mul(1.0 / n);
        NDArray bndiff = hprebn.sub(bnmeani);
        NDArray bndiff2 = bndiff.pow(2);
        NDArray bnvar = bndiff2.sum(rows, true).mul(1.0 / (n - 1));
        NDArray bnvarInv = bnvar.add(EPS).pow(-0.5);
        NDArray bnraw = bndiff.mul(bnvarInv);
        NDArray hpreact = bnraw.mul(p.bngain()).add(p.bnbias());
        // Non-linearity
        NDArray h = hpreact.tanh();
        // Linear layer 2
        NDArray logits = h.matMul(p.w2()).add(p.b2());
        // Cross entropy loss
        NDArray logitMaxes = logits.max(columns, true);
        NDArray normLogits = logits.sub(logitMaxes);
        NDArray counts = normLogits.exp();
        NDArray countsSum = counts.sum(columns, true);
        NDArray countsSumInv = countsSum.pow(-1);
        NDArray probs = counts.mul(countsSumInv);
        NDArray logprobs = probs.log();
        NDArray loss = logprobs.get(new NDIndex().addAllDim().addPickDim(yb)).mean().neg();
        return new ChunkedForward(
                emb,
                embcat,
                hprebn,
                bnmeani,
                bndiff,
                bndiff2,
                bnvar,
                bnvarInv,
                bnraw,
                hpreact,
                h,
                logits,
                logitMaxes,
                normLogits,
                counts,
                countsSum,
                countsSumInv,
                probs,
                logprobs,
                loss);
    }

    /**
     * {@return the 26 intermediates and parameters that have a gradient, by the lecture's names, in
     * the order in which the lecture computes their gradients}
     *
     * @param p the parameters of this pass
     */
    public Map<String, NDArray> byName(NinjaParameters p) {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        tensors.put("logprobs", logprobs);
        tensors.put("probs", probs);
        tensors.put("counts_sum_inv", countsSumInv);
        tensors.put("counts_sum", countsSum);
        tensors.put("counts", counts);
        tensors.put("norm_logits", normLogits);
        tensors.put("logit_maxes", logitMaxes);
        tensors.put("logits", logits);
        tensors.put("h", h);
        tensors.put("W2", p.w2());
        tensors.put("b2", p.b2());
        tensors.put("hpreact", hpreact);
        tensors.put("bngain", p.bngain());
        tensors.put("bnbias", p.bnbias());
        tensors.put("bnraw", bnraw);
        tensors.put("bnvar_inv", bnvarInv);
        tensors.put("bnvar", bnvar);
        tensors.put("bndiff2", bndiff2);
        tensors.put("bndiff", bndiff);
        tensors.put("bnmeani", bnmeani);
        tensors.put("hprebn", hprebn);
        tensors.put("embcat", embcat);
        tensors.put("W1", p.w1());
        tensors.put("b1", p.b1());
        tensors.put("emb", emb);
        tensors.put("C", p.c());
        return tensors;
    }
}
