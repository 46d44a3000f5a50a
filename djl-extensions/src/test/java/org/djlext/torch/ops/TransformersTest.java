/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TransformersTest extends ArrayTest {

    private NDArray normal(long... shape) {
        return manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT64);
    }

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
        NDList inputs = new NDList(normal(2, 2, 3, 4), normal(2, 2, 5, 4), normal(2, 2, 5, 4));
        Gradients.check(
                inputs,
                in ->
                        Transformers.scaledDotProductAttention(
                                in.get(0), in.get(1), in.get(2), false),
                in -> attention(in, null));
        NDArray bias = normal(3, 5);
        Gradients.check(
                inputs,
                in ->
                        Transformers.scaledDotProductAttention(
                                in.get(0),
                                in.get(1),
                                in.get(2),
                                bias.toType(in.get(0).getDataType(), true)),
                in -> attention(in, bias));
        NDArray sees = bias.gt(-0.5);
        NDArray infinite = bias.zerosLike().sub(Double.POSITIVE_INFINITY);
        Gradients.check(
                inputs,
                in -> Transformers.scaledDotProductAttention(in.get(0), in.get(1), in.get(2), sees),
                in -> attention(in, NDArrays.where(sees, bias.zerosLike(), infinite)));
    }
}
