/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.ops.Recorded;
import org.jspecify.annotations.Nullable;

/**
 * The last linear layer and the cross entropy of its logits in one operation, which never holds all
 * logits.
 *
 * <p>With K classes, the logits of N rows are N K numbers, and the engine keeps three or four
 * arrays of that size: logits, their log softmax, and the gradients of both. Here a few rows at a
 * time are taken through forward and, because the loss is a scalar, straight through backward:
 *
 * <pre>
 * logits  = x w^T + b                            of some rows
 * loss   += sum(log sum exp(logits) - logit_y) / N
 * dlogits = (softmax(logits) - onehot(y)) / N    as in {@link CrossEntropyFunction}
 * dx      = dlogits w
 * dw     += dlogits^T x
 * db     += sum(dlogits)
 * </pre>
 *
 * <p>Backward has nothing left to do but to multiply by the upstream gradient. What is held is dx,
 * dw and a chunk of logits; the work is the same as that of separate operations. Only where second
 * derivatives are wanted, backward computes all logits once more, and holds them.
 *
 * <p>Inputs: x of shape (N, D), w of shape (K, D), labels y of shape (N) and an integer type, and
 * optionally the bias b of shape (K). Output: the mean loss, a scalar. Halves are computed in
 * float32.
 */
public final class FusedLinearCrossEntropy extends AutogradFunction {

    // So many logits at a time: 16 MiB of float32. Fewer make the matrix products slow, more
    // only need more memory.
    private static final long CHUNK = 1 << 22;

    /** Creates the operation. */
    public FusedLinearCrossEntropy() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0); // (N, D)
        NDArray w = inputs.get(1); // (K, D)
        NDArray y = inputs.get(2); // (N)
        NDArray b = inputs.get(3); // (K)
        check(x, w, y, b);
        long classes = w.getShape().get(0);
        NDArray labels =
                CrossEntropyFunction.checkLabels(y, classes, null).reshape(-1, 1); // (N, 1)
        long n = x.getShape().get(0);
        long rows = Math.max(1, CHUNK / classes);
        boolean wanted = ctx.needsInputGrad(0) || ctx.needsInputGrad(1) || ctx.needsInputGrad(3);

        NDManager manager = x.getManager();
        NDArray wide = Recorded.wide(w);
        NDArray bias = b == null ? null : Recorded.wide(b);
        DataType type = wide.getDataType();
        NDArray loss = manager.zeros(new Shape(), type);
        NDArray dx = wanted ? manager.create(x.getShape(), type) : null;
        NDArray dw = wanted ? manager.zeros(w.getShape(), type) : null;
        NDArray db = wanted && b != null ? manager.zeros(b.getShape(), type) : null;
        try (NDArray wT = wide.transpose();
                NDArray minusOne = manager.create(-1.0).toType(type, false)) {
            for (long from = 0; from < n; from += rows) {
                long to = Math.min(n, from + rows);
                try (NDManager chunk = manager.newSubManager()) {
                    NDArray xs = x.get(new NDIndex().addSliceDim(from, to)); // (rows, D)
                    xs.attach(chunk);
                    NDArray xc = Recorded.wide(xs);
                    NDArray yc = labels.get(new NDIndex().addSliceDim(from, to)); // (rows, 1)
                    yc.attach(chunk);
                    NDArray logits = xc.matMul(wT); // (rows, K)
                    if (bias != null) {
                        logits.addi(bias);
                    }
                    NDArray logprobs = logits.logSoftmax(1); // (rows, K)
                    logits.close();
                    loss.subi(logprobs.gather(yc, 1).sum());
                    if (dx == null || dw == null) {
                        continue;
                    }
                    NDArray dlogits = logprobs.exp(); // (rows, K)
                    logprobs.close();
                    // Minus one-hot: one number a row, instead of an array of zeros and ones.
                    NDArray picked = dlogits.gather(yc, 1).addi(minusOne); // (rows, 1)
                    dlogits = dlogits.scatter(yc, picked, 1).divi(n); // (rows, K)
                    dx.set(new NDIndex().addSliceDim(from, to), dlogits.matMul(wide));
                    dw.addi(dlogits.transpose().matMul(xc));
                    if (db != null) {
                        db.addi(dlogits.sum(new int[] {0}));
                    }
                }
            }
        }
        // The inputs cost no memory, and second derivatives go through them.
        ctx.saveForBackward(x, w, labels, b, dx, dw, db);
        return new NDList(Recorded.castLike(loss.divi(n), x));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dloss = gradOutputs.get(0); // scalar
        NDList saved = ctx.savedTensors();
        NDList found = ctx.createsGraph() ? fromAllLogits(saved) : saved.subNDList(4);
        NDArray db = found.get(2) == null ? null : times(dloss, found.get(2)); // (K)
        return new NDList(times(dloss, found.get(0)), times(dloss, found.get(1)), null, db);
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDArray one = ctx.saved(0).sum().zerosLike().add(1);
        return new NDList(
                CrossEntropyFunction.tangent(backward(ctx, new NDList(one)), tangents, null));
    }

    /** Returns dx, dw and db for an upstream gradient of 1, by operations that are recorded. */
    private static NDList fromAllLogits(NDList saved) {
        NDArray x = Recorded.wide(saved.get(0)); // (N, D)
        NDArray w = Recorded.wide(saved.get(1)); // (K, D)
        NDArray labels = saved.get(2).squeeze(1); // (N)
        NDArray b = saved.get(3); // (K)
        NDArray logits = x.matMul(w.transpose()); // (N, K)
        if (b != null) {
            logits = logits.add(Recorded.wide(b));
        }
        int classes = (int) w.getShape().get(0);
        NDArray oneHot = labels.oneHot(classes, logits.getDataType()); // (N, K)
        NDArray p = logits.logSoftmax(1).exp(); // (N, K), in forward's operations
        NDArray dlogits = p.sub(oneHot).div(x.getShape().get(0)); // (N, K)
        NDArray db = b == null ? null : dlogits.sum(new int[] {0}); // (K)
        return new NDList(dlogits.matMul(w), dlogits.transpose().matMul(x), db);
    }

    private static NDArray times(NDArray dloss, NDArray gradient) {
        return Recorded.castLike(gradient.mul(dloss), dloss);
    }

    private static void check(NDArray x, NDArray w, NDArray y, @Nullable NDArray b) {
        Shape xs = x.getShape();
        Shape ws = w.getShape();
        if (xs.dimension() != 2
                || ws.dimension() != 2
                || xs.get(1) != ws.get(1)
                || !y.getShape().equals(new Shape(xs.get(0)))
                || (b != null && !b.getShape().equals(new Shape(ws.get(0))))) {
            throw new IllegalArgumentException(
                    ("FusedLinearCrossEntropy takes x of shape (N, D), w of"
                                    + " shape (K, D), labels of shape (N) and b of shape (K)"
                                    + " or none, but got %s, %s, %s%s")
                            .formatted(
                                    xs, ws, y.getShape(), b == null ? "" : " and " + b.getShape()));
        }
    }

    @Override
    protected NDList forwardByEngine(NDList inputs) {
        NDArray x = inputs.get(0); // (N, D)
        NDArray w = inputs.get(1); // (K, D)
        NDArray y = inputs.get(2); // (N)
        NDArray b = inputs.get(3); // (K)
        check(x, w, y, b);
        NDArray logits = Recorded.wide(x).matMul(Recorded.wide(w).transpose()); // (N, K)
        if (b != null) {
            logits = logits.add(Recorded.wide(b));
        }
        NDArray loss = new CrossEntropyFunction(Reduction.MEAN, null).apply(logits, y);
        return new NDList(Recorded.castLike(loss, x));
    }

    @Override
    protected boolean isOptional(int input) {
        return input == 3; // b
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "w", "y", "b");
    }
}
