/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.Objects;
import org.djlext.nn.CausalAttentionFunction;
import org.djlext.nn.CausalSelfAttention;
import org.djlext.nn.Layer;
import org.djlext.nn.Linear;
import org.djlext.nn.LinearFunction;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * The products of a GPT: those of linear layers and of attention.
 *
 * <p>With bfloat16, they take their operands in bfloat16 and their results go on in the type of the
 * weights; weights, gradients, norms and the softmax of the loss stay as they are. The casts happen
 * inside scripts, which the engine differentiates.
 *
 * @param bfloat16 whether operands are cast to bfloat16
 */
record Products(boolean bfloat16) {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def half(x):
                        return x.to(torch.bfloat16)

                    def linear(x, weight, bias: Optional[Tensor]):
                        b: Optional[Tensor] = None
                        if bias is not None:
                            b = half(bias)
                        return torch.linear(half(x), half(weight), b).to(x.dtype)

                    def attention(q, k, v, places: Optional[Tensor], p: float):
                        mask: Optional[Tensor] = None
                        if places is not None:
                            keys = torch.arange(k.size(-2), device=q.device)
                            mask = keys.unsqueeze(0) <= places.unsqueeze(1)
                        y = torch.scaled_dot_product_attention(
                            half(q), half(k), half(v), mask, p, places is None)
                        return y.to(q.dtype)
                    """);
    private static final ScriptFunction LINEAR = SCRIPT.function("linear");
    private static final ScriptFunction ATTENTION = SCRIPT.function("attention");
    private static final LinearFunction FUNCTION = new LinearFunction();
    private static final int KEY_QUERY_VALUE = 3;

    /** Runs a linear layer. */
    NDArray linear(Linear layer, NDArray x, Layer.Pass pass) {
        return bfloat16
                ? LINEAR.callForArray(x, weight(layer, pass), layer.bias(pass))
                : pass.run(layer, x);
    }

    /**
     * Computes causal attention of several heads, side by side. Their keys, queries and values come
     * from one product, because their weights are stacked: those of all keys, then those of all
     * queries and of all values, so that each part of the product lies as the heads take it.
     *
     * @param owner the layer for which a cache keeps keys and values
     * @param x (B, T, C)
     * @param layers key, query and value of the first head, then of the others; from C to hs
     * @param dropout of the softmax's weights
     * @param pass the forward pass
     * @return (B, T, H hs)
     */
    NDArray attention(
            Layer owner, NDArray x, List<Linear> layers, double dropout, Layer.Pass pass) {
        NDArray w = pass.once(owner, () -> stacked(layers, pass)); // (3 H hs, C)
        long channels = w.getShape().get(0) / KEY_QUERY_VALUE; // H hs
        NDArray kqv = bfloat16 ? LINEAR.callForArray(x, w, null) : FUNCTION.apply(x, w.transpose());
        NDList parts = kqv.split(new long[] {channels, 2 * channels}, 2); // each (B, T, H hs)
        double p = pass.training() ? dropout : 0;
        CausalAttentionFunction function = new CausalAttentionFunction(p);
        CausalSelfAttention.Attention attention =
                (q, k, v, places) ->
                        bfloat16
                                ? ATTENTION.callForArray(q, k, v, places, p)
                                : function.apply(q, k, v, places);
        return CausalSelfAttention.ofHeads(
                owner,
                parts.get(1),
                parts.get(0),
                parts.get(2),
                layers.size() / KEY_QUERY_VALUE,
                attention,
                pass);
    }

    private static NDArray stacked(List<Linear> layers, Layer.Pass pass) {
        NDList weights = new NDList();
        for (int part = 0; part < KEY_QUERY_VALUE; part++) {
            for (int i = part; i < layers.size(); i += KEY_QUERY_VALUE) {
                weights.add(weight(layers.get(i), pass));
            }
        }
        return NDArrays.concat(weights, 0);
    }

    private static NDArray weight(Linear layer, Layer.Pass pass) {
        return pass.value(Objects.requireNonNull(layer.getDirectParameters().get("weight")));
    }
}
