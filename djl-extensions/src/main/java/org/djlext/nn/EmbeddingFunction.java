/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.EngineFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.ops.Recorded;

/**
 * Rows of a table picked by index: the lecture's {@code C[X]}.
 *
 * <pre>
 * y[i..]     = weight[index[i..]]
 * dweight[r] = sum of dy[i..] over all places i.. where index[i..] = r
 * </pre>
 *
 * <p>Derivation. As a product, y = P weight, where row i of P is the one-hot of index i; so dweight
 * = P^T dy. A row that is picked often collects a gradient from each place; one that is never
 * picked gets 0. P is not made: dy is added row by row to where it belongs.
 *
 * <p>Inputs: index of any shape (..) and an integer type, weight of shape (V, D). Output: y of
 * shape (.., D). (The index comes first because a result belongs to the manager of the first input,
 * and the weight's is that of the model.)
 */
public final class EmbeddingFunction extends AutogradFunction {

    private static final String ROWS = "rows";

    /** Creates the operation. */
    public EmbeddingFunction() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray weight = inputs.get(1); // (V, D)
        NDArray index = check(weight, inputs.get(0)); // (..)
        ctx.saveForBackward(index);
        ctx.setAttribute(ROWS, weight.getShape().get(0));
        return index.getNDArrayInternal().embedding(index, weight, SparseFormat.DENSE);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = gradOutputs.get(0); // (.., D)
        NDArray index = ctx.saved(0); // (..)
        long rows = ctx.getAttribute(ROWS, Long.class);
        long n = index.size();
        Shape flat = new Shape(n, dy.getShape().getLastDimension());
        // Sums of many halves need more digits than halves have.
        NDArray dweight =
                EngineFunction.callForArray(
                        "embedding_dense_backward",
                        Recorded.wide(dy).reshape(flat),
                        index.reshape(n),
                        rows,
                        -1,
                        false);
        return new NDList(null, Recorded.castLike(dweight, dy)); // (V, D)
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDArray index = ctx.saved(0); // (..)
        return index.getNDArrayInternal()
                .embedding(index, tangents.get(1), SparseFormat.DENSE); // (.., D)
    }

    private static NDArray check(NDArray weight, NDArray index) {
        Shape table = weight.getShape();
        if (table.dimension() != 2) {
            throw new IllegalArgumentException(
                    "embedding takes a weight of shape (V, D), but got " + table);
        }
        long rows = table.get(0);
        return Checks.indices("embedding", " of " + rows + " rows", "indices", index, rows, null);
    }

    @Override
    protected List<String> inputNames() {
        return List.of("index", "weight");
    }
}
