/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/**
 * Each part of a block as one call of the engine, which differentiates it.
 *
 * <p>All heads' keys, queries and values come from one product, since their weights are stacked,
 * and attention is the engine's fused kernel, which makes no array of T x T.
 *
 * <p>With bfloat16, the products take their operands in bfloat16 and their results go on in
 * float32; weights, gradients, norms and softmax of the loss stay float32. The casts happen inside
 * the scripts, so that DJL never holds a bfloat16 array.
 */
final class EngineGptOperations implements GptOperations {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def embed(indices, tokens, positions: Optional[Tensor]):
                        x = torch.embedding(tokens, indices)
                        if positions is not None:
                            x = x + positions[:indices.size(1)]
                        return x

                    def cast(x, half: bool):
                        if half:
                            x = x.to(torch.bfloat16)
                        return x

                    def attention(x, weights: List[Tensor], projection: List[Tensor], p: float,
                                  half: bool):
                        heads = len(weights) // 3
                        w = cast(torch.cat(weights), half)
                        kqv = torch.linear(cast(x, half), w)
                        kqv = kqv.reshape(x.size(0), x.size(1), heads, 3, weights[0].size(0))
                        k, q, v = torch.unbind(kqv.permute(3, 0, 2, 1, 4))
                        y = torch.scaled_dot_product_attention(q, k, v, None, p, True)
                        y = y.transpose(1, 2).reshape(x.size(0), x.size(1), -1)
                        if len(projection) > 0:
                            y = torch.linear(y, cast(projection[0], half),
                                             cast(projection[1], half))
                            if p > 0.0:
                                y = torch.dropout(y, p, True)
                        return y.to(x.dtype)

                    def feed_forward(x, weights: List[Tensor], p: float, half: bool):
                        y = torch.linear(cast(x, half), cast(weights[0], half),
                                         cast(weights[1], half)).relu_()
                        if len(weights) > 2:
                            y = torch.linear(y, cast(weights[2], half), cast(weights[3], half))
                        if p > 0.0:
                            y = torch.dropout(y, p, True)
                        return y.to(x.dtype)

                    def linear(x, weight, bias, half: bool):
                        return torch.linear(cast(x, half), cast(weight, half),
                                            cast(bias, half)).to(x.dtype)
                    """);
    private static final ScriptFunction EMBED = SCRIPT.function("embed");
    private static final ScriptFunction ATTENTION = SCRIPT.function("attention");
    private static final ScriptFunction FEED_FORWARD = SCRIPT.function("feed_forward");
    private static final ScriptFunction LINEAR = SCRIPT.function("linear");

    private final boolean bfloat16;

    EngineGptOperations(boolean bfloat16) {
        this.bfloat16 = bfloat16;
    }

    @Override
    public NDArray embed(NDArray indices, NDArray tokens, @Nullable NDArray positions) {
        return EMBED.callForArray(indices, tokens, positions);
    }

    @Override
    public NDArray attention(NDArray x, NDList weights, NDList projection, double dropout) {
        return ATTENTION.callForArray(x, weights, projection, dropout, bfloat16);
    }

    @Override
    public NDArray feedForward(NDArray x, NDList weights, double dropout) {
        return FEED_FORWARD.callForArray(x, weights, dropout, bfloat16);
    }

    @Override
    public NDArray linear(NDArray x, NDArray weight, NDArray bias) {
        return LINEAR.callForArray(x, weight, bias, bfloat16);
    }
}
