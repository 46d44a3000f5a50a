/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.Objects;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Specs, held against what DJL finds out by itself. */
class TensorSpecTest extends ArrayTest {

    @ParameterizedTest
    @EnumSource(
            names = {"FLOAT32", "FLOAT64", "FLOAT16", "INT64", "INT32", "UINT8", "INT8", "BOOLEAN"})
    void agreesWithDjlForAllNumbersOfSizes(DataType type) {
        for (int dimensions = 0; dimensions <= 8; dimensions++) {
            long[] sizes = new long[dimensions];
            for (int d = 0; d < dimensions; d++) {
                sizes[d] = d % 3 + 1L;
            }
            PtNDArray array = (PtNDArray) manager.zeros(new Shape(sizes), type);
            TensorSpec spec = TensorSpec.of(array);
            assertEquals(array.getShape(), spec.shape());
            assertEquals(array.getDataType(), spec.dataType());
            assertEquals(array.getDevice(), spec.device());
            assertEquals(type.isFloating(), spec.isDifferentiable());
            assertNull(spec.difference(TensorSpec.of((PtNDArray) array.duplicate())));
        }
    }

    @Test
    void saysWhatDiffers() {
        PtNDArray array = (PtNDArray) manager.ones(new Shape(1, 3));
        TensorSpec spec = TensorSpec.of(array);
        TensorSpec larger = TensorSpec.of((PtNDArray) manager.ones(new Shape(2, 4, 3)));
        assertDifference("shape", spec, larger);
        assertTrue(spec.isBroadcastTo(larger));
        assertFalse(larger.isBroadcastTo(spec));
        PtNDArray doubles = array.toType(DataType.FLOAT64, true);
        assertDifference("type", spec, TensorSpec.of(doubles));
        assertFalse(spec.isLike(TensorSpec.of(doubles)));
        PtNDArray sparse = array.toSparse(SparseFormat.COO);
        assertDifference("layout", spec, TensorSpec.of(sparse));
        assertTrue(spec.isLike(TensorSpec.of(sparse)));
    }

    private static void assertDifference(String what, TensorSpec spec, TensorSpec other) {
        TensorSpec.Difference difference = Objects.requireNonNull(spec.difference(other));
        assertEquals(what, difference.what());
    }
}
