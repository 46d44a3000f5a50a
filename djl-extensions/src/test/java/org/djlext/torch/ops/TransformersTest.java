/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import java.util.function.Function;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TransformersTest extends ArrayTest {

    /** softmax(q k^T / sqrt(D) + bias) v, step by step. */
    private static NDArray attention(NDList in, @Nullable NDArray bias) {
        NDArray q = in.get(0);
        NDArray k = in.get(1);
        double channels = q.getShape().get(3);
        NDArray scores = q.matMul(k.transpose(0, 1, 3, 2)).mul(1 / Math.sqrt(channels));
        if (bias != null) {
            scores = scores.add(bias.toType(q.getDataType(), true));
        }
        return scores.softmax(3).matMul(in.get(2));
    }

    @Test
    void attentionWithAndWithoutMasks() {
        NDList inputs = new NDList(random(2, 2, 3, 4), random(2, 2, 5, 4), random(2, 2, 5, 4));
        Gradients.check(
                inputs,
                in ->
                        Transformers.scaledDotProductAttention(
                                in.get(0), in.get(1), in.get(2), false),
                in -> attention(in, null));
        NDArray bias = random(3, 5);
        assertMasked(
                inputs,
                in -> bias.toType(in.get(0).getDataType(), true),
                in -> attention(in, bias));
        NDArray sees = bias.gt(-0.5);
        NDArray infinite = bias.zerosLike().sub(Double.POSITIVE_INFINITY);
        NDArray hides = NDArrays.where(sees, bias.zerosLike(), infinite);
        assertMasked(inputs, in -> sees, in -> attention(in, hides));
    }

    private static void assertMasked(
            NDList inputs, Function<NDList, NDArray> mask, Function<NDList, NDArray> plain) {
        Gradients.check(
                inputs,
                in ->
                        Transformers.scaledDotProductAttention(
                                in.get(0), in.get(1), in.get(2), mask.apply(in)),
                plain);
    }
}
