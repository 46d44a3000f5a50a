/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IndexingTest extends ArrayTest {

    /** Ones where column - row is on the given side of the diagonal: (n, m). */
    private NDArray triangle(int n, int m, int diagonal, boolean lower, DataType type) {
        double[] ones = new double[n * m];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < m; j++) {
                boolean keep = lower ? j - i <= diagonal : j - i >= diagonal;
                ones[i * m + j] = keep ? 1 : 0;
            }
        }
        return manager.create(ones, new Shape(n, m)).toType(type, false);
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, -1, 0, 1, 3})
    void triangles(int diagonal) {
        NDArray x = random(2, 3, 4);
        for (boolean lower : new boolean[] {true, false}) {
            Gradients.check(
                    new NDList(x),
                    in ->
                            lower
                                    ? Indexing.tril(in.get(0), diagonal)
                                    : Indexing.triu(in.get(0), diagonal),
                    in -> {
                        DataType type = in.get(0).getDataType();
                        return in.get(0).mul(triangle(3, 4, diagonal, lower, type));
                    });
        }
    }

    @Test
    void trianglesOfMasks() {
        NDArray mask = manager.ones(new Shape(2, 2), DataType.BOOLEAN);
        assertArrayEquals(
                new boolean[] {true, false, true, true}, Indexing.tril(mask, 0).toBooleanArray());
    }

    @Test
    void indexAddSumsRepeatedIndices() {
        NDArray x = random(4, 3);
        NDArray source = random(5, 3);
        NDArray index = manager.create(new int[] {2, 0, 2, 2, 1});
        Gradients.check(
                new NDList(x, source),
                in -> Indexing.indexAdd(in.get(0), 0, index, in.get(1)),
                // The rows of the one-hot matrix say where each slice goes.
                in ->
                        in.get(0)
                                .add(
                                        index.oneHot(4, in.get(0).getDataType())
                                                .transpose()
                                                .matMul(in.get(1))));
        float[] before = x.toType(DataType.FLOAT32, true).toFloatArray();
        Indexing.indexAdd(x, 0, index.toType(DataType.INT64, true), source);
        assertArrayEquals(before, x.toType(DataType.FLOAT32, true).toFloatArray());
    }

    @Test
    void indexAddAlongAnotherAxis() {
        NDArray x = manager.create(new double[][] {{1, 2, 3}, {4, 5, 6}});
        NDArray source = manager.create(new double[][] {{10, 20}, {30, 40}});
        NDArray sum = Indexing.indexAdd(x, 1, manager.create(new int[] {2, 2}), source);
        assertArrayEquals(new double[] {1, 2, 33, 4, 5, 76}, sum.toDoubleArray());
    }

    @Test
    void maskedFillBroadcastsAndStopsTheGradient() {
        NDArray x = random(2, 3, 3);
        NDArray mask = triangle(3, 3, 1, false, DataType.BOOLEAN);
        Gradients.check(
                new NDList(x),
                in -> Indexing.maskedFill(in.get(0), mask, 2.5),
                in -> {
                    DataType type = in.get(0).getDataType();
                    NDArray filled = mask.toType(type, true).mul(2.5);
                    return in.get(0).mul(mask.logicalNot().toType(type, true)).add(filled);
                });
        NDArray infinite = Indexing.maskedFill(x, mask, Double.NEGATIVE_INFINITY);
        assertEquals(6, infinite.isInfinite().toType(DataType.INT64, false).sum().getLong());
    }
}
