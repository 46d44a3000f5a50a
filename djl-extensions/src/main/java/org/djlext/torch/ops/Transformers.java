/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/** What transformers are made of. */
public final class Transformers {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def attention(q, k, v, mask: Optional[Tensor], causal: bool):
                        return torch.scaled_dot_product_attention(q, k, v, mask, 0.0, causal)

                    def gelu_tanh(x):
                        return torch.gelu(x, approximate="tanh")
                    """);

    private Transformers() {}

    /**
     * Returns softmax(q k^T / sqrt(D)) v, by the engine's fused kernel where it has one.
     *
     * @param q the queries, (B, H, T, D)
     * @param k the keys, (B, H, S, D)
     * @param v the values, (B, H, S, D)
     * @param causal whether a query t sees the keys 0 to t alone
     * @return (B, H, T, D)
     */
    public static NDArray scaledDotProductAttention(
            NDArray q, NDArray k, NDArray v, boolean causal) {
        return SCRIPT.function("attention").callForArray(q, k, v, null, causal);
    }

    /**
     * Returns softmax(q k^T / sqrt(D) + mask) v, by the engine's fused kernel where it has one.
     *
     * @param q the queries, (B, H, T, D)
     * @param k the keys, (B, H, S, D)
     * @param v the values, (B, H, S, D)
     * @param mask of a shape that broadcasts to (B, H, T, S): of type BOOLEAN, true where a query
     *     sees a key; or of q's type, to be added; or null for none
     * @return (B, H, T, D)
     */
    public static NDArray scaledDotProductAttention(
            NDArray q, NDArray k, NDArray v, @Nullable NDArray mask) {
        return SCRIPT.function("attention").callForArray(q, k, v, mask, false);
    }

    /**
     * Returns the gelu in the form of GPT-2: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
     *
     * @param x the array, (...)
     * @return (...)
     */
    public static NDArray geluTanh(NDArray x) {
        return SCRIPT.function("gelu_tanh").callForArray(x);
    }
}
