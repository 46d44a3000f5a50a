/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.SparseFormat;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.djlext.torch.ops.Transformers;
import org.jspecify.annotations.Nullable;

/**
 * The operations as the engine has them, most of them in one call.
 *
 * <p>The engine's batch norm divides by n in training and the lecture's by n - 1. With r = n / (n -
 * 1), the unbiased variance is r times the biased one, so gamma / sqrt(r) and eps / r make the
 * engine's kernel compute the lecture's result.
 */
final class EngineOperations implements Operations {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    # The engine's kernels for a CPU keep means and sums of halves in a half.
                    def wide(x):
                        if x.dtype == torch.float16 or x.dtype == torch.bfloat16:
                            x = x.to(torch.float32)
                        return x

                    def linear(x, weight, bias: Optional[Tensor]):
                        if bias is not None and x.dim() == 2:
                            return torch.addmm(bias, x, weight)
                        y = torch.matmul(x, weight)
                        if bias is not None:
                            y = y + bias
                        return y

                    def layer_norm(x, gamma, beta, eps: float):
                        return torch.layer_norm(x, [x.size(-1)], gamma, beta, eps)

                    def batch_norm(x, gamma, beta, eps: float):
                        rows = wide(x.reshape(-1, x.size(-1)))
                        r = float(rows.size(0)) / (float(rows.size(0)) - 1.0)
                        y, mean, invstd = torch.native_batch_norm(
                            rows, wide(gamma) * (r ** -0.5), wide(beta), None, None, True, 0.0, eps / r)
                        var = (invstd.detach() ** -2.0) * r - eps
                        return y.reshape(x.size()).to(x.dtype), mean.detach(), var

                    def cross_entropy(logits, labels, ignored: int):
                        loss = torch.cross_entropy_loss(
                            wide(logits), labels, None, 1, ignored, 0.0)
                        return loss.to(logits.dtype)
                    """);
    private static final ScriptFunction LINEAR = SCRIPT.function("linear");
    private static final ScriptFunction LAYER_NORM = SCRIPT.function("layer_norm");
    private static final ScriptFunction BATCH_NORM = SCRIPT.function("batch_norm");
    private static final ScriptFunction CROSS_ENTROPY = SCRIPT.function("cross_entropy");

    static final Operations INSTANCE = new EngineOperations();

    private EngineOperations() {}

    @Override
    public NDArray linear(NDArray x, NDArray weight, @Nullable NDArray bias) {
        return LINEAR.callForArray(x, weight, bias);
    }

    @Override
    public NDArray embedding(NDArray indices, NDArray weight) {
        return indices.getNDArrayInternal()
                .embedding(indices, weight, SparseFormat.DENSE)
                .singletonOrThrow();
    }

    @Override
    public NDArray tanh(NDArray x) {
        return x.tanh();
    }

    @Override
    public NDArray relu(NDArray x) {
        return x.getNDArrayInternal().relu();
    }

    @Override
    public NDArray gelu(NDArray x) {
        return Transformers.geluTanh(x);
    }

    @Override
    public NDArray layerNorm(NDArray x, NDArray gamma, NDArray beta, double eps) {
        return LAYER_NORM.callForArray(x, gamma, beta, eps);
    }

    @Override
    public Normalized batchNorm(NDArray x, NDArray gamma, NDArray beta, double eps) {
        NDList outputs = BATCH_NORM.call(x, gamma, beta, eps);
        return new Normalized(outputs.get(0), outputs.get(1), outputs.get(2));
    }

    @Override
    public NDArray causalAttention(NDArray q, NDArray k, NDArray v) {
        return Transformers.scaledDotProductAttention(q, k, v, true);
    }

    @Override
    public NDArray crossEntropy(NDArray logits, NDArray labels) {
        return CROSS_ENTROPY.callForArray(logits, labels, IGNORED);
    }
}
