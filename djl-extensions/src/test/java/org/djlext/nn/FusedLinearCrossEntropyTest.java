/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.function.Function;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

/** The fused operation against PyTorch, and against the engine over more than one chunk. */
class FusedLinearCrossEntropyTest extends ArrayTest {

    private static NDList gradients(NDList inputs, Function<NDList, NDArray> loss) {
        NDList leaves = new NDList();
        for (NDArray input : inputs) {
            NDArray leaf = input.stopGradient().duplicate();
            if (leaf.getDataType().isFloating()) {
                leaf.setRequiresGradient(true);
            }
            leaves.add(leaf);
        }
        NDList result = new NDList();
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray value = loss.apply(leaves);
            collector.backward(value);
            result.add(value.stopGradient());
        }
        leaves.stream()
                .filter(leaf -> leaf.getDataType().isFloating())
                .forEach(leaf -> result.add(leaf.getGradient()));
        return result;
    }

    @Test
    void severalChunksWithAnUnevenLastOneAndABias() {
        // 16,384 classes leave 256 rows a chunk, so 600 rows are two chunks and a part.
        NDArray x = manager.randomNormal(0, 1, new Shape(600, 3), DataType.FLOAT64);
        NDArray w = manager.randomNormal(0, 1, new Shape(16_384, 3), DataType.FLOAT64);
        NDArray b = manager.randomNormal(0, 1, new Shape(16_384), DataType.FLOAT64);
        NDArray y = manager.randomInteger(0, 16_384, new Shape(600), DataType.INT64);
        NDList inputs = new NDList(x, w, y, b);
        NDList got = gradients(inputs, v -> new FusedLinearCrossEntropy().apply(v).get(0).mul(1.5));
        NDList want =
                gradients(
                        inputs,
                        v -> {
                            NDArray logits = v.get(0).matMul(v.get(1).transpose()).add(v.get(3));
                            return logits.logSoftmax(1)
                                    .gather(v.get(2).reshape(-1, 1), 1)
                                    .mean()
                                    .neg()
                                    .mul(1.5);
                        });
        GradientTable table = new GradientTable(new Tolerance(1e-9, 1e-13));
        String[] names = {"loss", "x", "w", "b"};
        for (int i = 0; i < names.length; i++) {
            table.compare(names[i], got.get(i), want.get(i));
        }
        table.assertApproximate();
    }

    @Test
    void withoutGradientItIsTheLossAlone() {
        NDArray x = manager.randomNormal(new Shape(4, 3));
        NDArray w = manager.randomNormal(new Shape(7, 3));
        NDArray y = manager.create(new int[] {6, 0, 3, 3});
        NDArray logits = x.matMul(w.transpose());
        assertEquals(
                new CrossEntropyFunction(Reduction.MEAN, null).apply(logits, y).getFloat(),
                new FusedLinearCrossEntropy().apply(x, w, y).getFloat(),
                1e-6f);
    }

    @Test
    void wrongShapesAndLabels() {
        NDArray x = manager.randomNormal(new Shape(2, 3));
        NDArray w = manager.randomNormal(new Shape(7, 4));
        NDArray y = manager.create(new long[] {6, 7});
        FusedLinearCrossEntropy op = new FusedLinearCrossEntropy();
        assertRefused(
                "FusedLinearCrossEntropy takes x of shape (N, D), w of shape (K, D), labels of shape"
                        + " (N) and b of shape (K) or none, but got (2, 3), (7, 4), (2)",
                () -> op.apply(x, w, y));
        NDArray fitting = manager.randomNormal(new Shape(7, 3));
        assertFailsSaying(
                IllegalArgumentException.class,
                () -> op.apply(x, fitting, y),
                "element 1 of an array of shape (2) is 7");
    }
}
