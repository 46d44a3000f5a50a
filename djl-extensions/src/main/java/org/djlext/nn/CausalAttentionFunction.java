/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.EngineFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.ops.Recorded;
import org.jspecify.annotations.Nullable;

/**
 * Causal self-attention: each position takes the mean of the values of itself and the positions
 * before it, weighted by how well its query fits their keys.
 *
 * <p>With hs the head size, for each head:
 *
 * <pre>
 * s = q k^T hs^-1/2                       (T, S); row i is about position i' = S - T + i
 * p = softmax(s)                          over j &lt;= i'; 0 for later j
 * y = p v
 *
 * dv = p^T dy
 * dp = dy v^T
 * ds = p (dp - sum_j(dp p))               element by element; the sum goes along the row
 * dq = ds k hs^-1/2
 * dk = ds^T q hs^-1/2
 * </pre>
 *
 * <p>Derivation. Both products are linear layers, dA = dC B^T and dB = A^T dC for C = A B. For
 * softmax, dp_i/ds_j = p_i (1[i = j] - p_j), so ds_j = dp_j p_j - p_j sum_i(dp_i p_i). For later j
 * p is 0, and with it ds: the future gets no gradient.
 *
 * <p>With dropout, y = (p m) v, where m is 0 with the probability of dropout and 1 / (1 - dropout)
 * otherwise; then dv = (p m)^T dy and dp = (dy v^T) m, and nothing else changes. m is saved, a byte
 * an element.
 *
 * <p>Only the inputs are saved, and m. Backward computes p a second time, one product and one
 * softmax more; in return no array of T x S elements a head lives from forward to backward, and
 * second derivatives work.
 *
 * <p>Inputs: q of shape (.., T, hs), k of shape (.., S, hs), v of shape (.., S, D), with equal
 * leading axes such as batch and head; D is usually hs. The queries are those of the last T of S
 * positions, in training usually of all, S = T; a fourth input says otherwise: the places of the
 * queries among the keys, (T) and INT64. Output: y of shape (.., T, D). Halves are computed in
 * float32.
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al., 2017</a>
 */
public final class CausalAttentionFunction extends AutogradFunction {

    private final double dropout;

    /** Creates the operation without dropout. */
    public CausalAttentionFunction() {
        this(0);
    }

    /**
     * Creates the operation.
     *
     * @param dropout the probability that a weight of the mean is set to 0, from 0 to less than 1;
     *     drawn as in {@link DropoutFunction}
     */
    public CausalAttentionFunction(double dropout) {
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException(
                    "causal attention takes a dropout from 0 to less than 1, but got " + dropout);
        }
        this.dropout = dropout;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray q = inputs.get(0); // (.., T, hs)
        NDArray k = inputs.get(1); // (.., S, hs)
        NDArray v = inputs.get(2); // (.., S, D)
        NDArray places = inputs.get(3); // (T)
        check(q.getShape(), k.getShape(), v.getShape(), places);
        NDArray p = weights(Recorded.wide(q), Recorded.wide(k), places); // (.., T, S)
        NDArray keep = dropout == 0 ? null : keep(p); // (.., T, S)
        ctx.saveForBackward(q, k, v, places, keep);
        NDArray y = drop(p, keep).matMul(Recorded.wide(v)); // (.., T, D)
        return new NDList(Recorded.castLike(y, v));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = Recorded.wide(gradOutputs.get(0)); // (.., T, D)
        NDList saved = ctx.savedTensors();
        NDArray q = Recorded.wide(saved.get(0)); // (.., T, hs)
        NDArray k = Recorded.wide(saved.get(1)); // (.., S, hs)
        NDArray v = Recorded.wide(saved.get(2)); // (.., S, D)
        NDArray p = weights(q, k, saved.get(3)); // (.., T, S)
        NDArray keep = saved.get(4); // (.., T, S)
        NDArray dp = drop(dy.matMul(swap(v)), keep); // (.., T, S)
        NDArray dv = swap(drop(p, keep)).matMul(dy); // (.., S, D)
        int[] row = {p.getShape().dimension() - 1};
        NDArray ds = dp.sub(dp.mul(p).sum(row, true)).mul(p); // (.., T, S)
        NDArray scaled = scaled(ds, q); // ds hs^-1/2
        return new NDList(
                Recorded.castLike(scaled.matMul(k), saved.get(0)),
                Recorded.castLike(swap(scaled).matMul(q), saved.get(1)),
                Recorded.castLike(dv, saved.get(2)),
                null);
    }

    /** With s' for the direction of s, p' = p (s' - sum_j(p s')), and s and y are products. */
    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDList saved = ctx.savedTensors();
        NDArray q = Recorded.wide(saved.get(0)); // (.., T, hs)
        NDArray k = Recorded.wide(saved.get(1)); // (.., S, hs)
        NDArray v = Recorded.wide(saved.get(2)); // (.., S, D)
        NDArray p = weights(q, k, saved.get(3)); // (.., T, S)
        NDArray alongS = p.zerosLike(); // (.., T, S)
        if (tangents.get(0) != null) {
            NDArray alongQ = Recorded.wide(tangents.get(0)); // (.., T, hs)
            alongS = alongS.add(scaled(alongQ, q).matMul(swap(k)));
        }
        if (tangents.get(1) != null) {
            NDArray alongK = Recorded.wide(tangents.get(1)); // (.., S, hs)
            alongS = alongS.add(scaled(q, q).matMul(swap(alongK)));
        }
        int[] row = {p.getShape().dimension() - 1};
        NDArray alongP = alongS.sub(alongS.mul(p).sum(row, true)).mul(p); // (.., T, S)
        NDArray keep = saved.get(4); // (.., T, S)
        NDArray alongY = drop(alongP, keep).matMul(v); // (.., T, D)
        if (tangents.get(2) != null) {
            alongY = alongY.add(drop(p, keep).matMul(Recorded.wide(tangents.get(2))));
        }
        return new NDList(Recorded.castLike(alongY, saved.get(2)));
    }

    /** Returns p of shape (.., T, S). */
    private static NDArray weights(NDArray q, NDArray k, @Nullable NDArray places) {
        NDManager manager = q.getManager();
        Device device = q.getDevice();
        int axes = q.getShape().dimension();
        NDArray future = future(q, k, places); // (T, S)
        Shape shape = future.getShape();
        NDArray mask =
                NDArrays.where(
                        future,
                        manager.full(shape, Float.NEGATIVE_INFINITY, q.getDataType(), device),
                        manager.zeros(shape, q.getDataType(), device)); // (T, S)
        // Scaled before the product, which may be larger than the largest number.
        return scaled(q, q).matMul(swap(k)).add(mask).softmax(axes - 1);
    }

    /** Returns which keys are later than a query, (T, S). */
    private static NDArray future(NDArray q, NDArray k, @Nullable NDArray places) {
        int axis = q.getShape().dimension() - 2;
        int steps = (int) k.getShape().get(axis);
        NDManager manager = q.getManager();
        NDArray j = manager.arange(0, steps, 1, DataType.INT64, q.getDevice()); // (S)
        NDArray i = places;
        if (i == null) {
            int first = steps - (int) q.getShape().get(axis);
            i = first == 0 ? j : manager.arange(first, steps, 1, DataType.INT64, q.getDevice());
        }
        return j.expandDims(0).gt(i.expandDims(1));
    }

    /** Draws which weights of the mean stay. */
    private NDArray keep(NDArray p) {
        NDManager manager = p.getManager();
        return manager.randomUniform(0, 1, p.getShape(), DataType.FLOAT32, p.getDevice())
                .gte(dropout);
    }

    private NDArray drop(NDArray array, @Nullable NDArray keep) {
        return keep == null ? array : array.mul(keep).mul(1 / (1 - dropout));
    }

    /** Returns an array times hs^-1/2. */
    private static NDArray scaled(NDArray array, NDArray q) {
        return array.mul(1 / Math.sqrt((double) q.getShape().getLastDimension()));
    }

    private static NDArray swap(NDArray array) {
        int axes = array.getShape().dimension();
        return array.swapAxes(axes - 2, axes - 1);
    }

    private static void check(Shape q, Shape k, Shape v, @Nullable NDArray places) {
        int axes = q.dimension();
        if (axes < 2
                || k.dimension() != axes
                || v.dimension() != axes
                || q.get(axes - 1) == 0
                || q.get(axes - 1) != k.get(axes - 1)
                || q.get(axes - 2) > k.get(axes - 2)
                || !q.slice(0, axes - 2).equals(k.slice(0, axes - 2))
                || !v.slice(0, axes - 1).equals(k.slice(0, axes - 1))
                || (places != null && !places.getShape().equals(new Shape(q.get(axes - 2))))) {
            throw new IllegalArgumentException(
                    ("causal attention takes q of shape (.., T, headSize), k"
                                    + " of shape (.., S, headSize) and v of shape (.., S, D),"
                                    + " with headSize at least 1 and S at least T, and if any the"
                                    + " places of the queries, (T), but got %s%s, %s and %s")
                            .formatted(places == null ? "" : places.getShape() + " for ", q, k, v));
        }
    }

    /** The same by the engine's fused kernel, which would draw its dropout otherwise. */
    @Override
    protected @Nullable NDList forwardByEngine(NDList inputs) {
        if (dropout != 0) {
            return null;
        }
        NDArray q = inputs.get(0); // (.., T, hs)
        NDArray k = inputs.get(1); // (.., S, hs)
        NDArray v = inputs.get(2); // (.., S, D)
        NDArray places = inputs.get(3); // (T)
        check(q.getShape(), k.getShape(), v.getShape(), places);
        int axis = q.getShape().dimension() - 2;
        long queries = q.getShape().get(axis);
        boolean whole = places == null && queries == k.getShape().get(axis);
        boolean seesAll = whole || (places == null && queries == 1);
        NDArray y =
                EngineFunction.callForArray(
                        "scaled_dot_product_attention",
                        Recorded.wide(q),
                        Recorded.wide(k),
                        Recorded.wide(v),
                        // The engine counts queries from the first key; the last one sees all.
                        seesAll ? null : future(q, k, places).logicalNot(),
                        0.0,
                        whole);
        return new NDList(Recorded.castLike(y, v));
    }

    @Override
    protected boolean isOptional(int input) {
        return input == 3; // places
    }

    @Override
    protected List<String> inputNames() {
        return List.of("q", "k", "v", "places");
    }
}
