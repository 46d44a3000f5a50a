/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules that compute in Java: what they make of float arrays outlives the array objects. */
class JavaMemoryTest extends FunctionTestBase {

    private static final int SIZE = 1000;
    private static final int RUNS = 10;

    /** y = 2 x and dx = 2 dy, computed in Java; saves what it has computed, and checks it. */
    private static final class Twice extends AutogradFunction {
        private final boolean view;

        Twice(boolean view) {
            this.view = view;
        }

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            NDArray y = twice(inputs.get(0));
            ctx.saveForBackward(y);
            return new NDList(y);
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            for (float saved : ctx.savedTensors().get(0).toFloatArray()) {
                assertTrue(saved == 2, "saved " + saved);
            }
            return new NDList(twice(gradOutputs.get(0)));
        }

        private NDArray twice(NDArray x) {
            float[] values = x.toFloatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] *= 2;
            }
            NDManager here = x.getManager();
            return view
                    ? here.create(values).reshape(x.getShape())
                    : here.create(values, x.getShape());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void outputsSavedTensorsAndGradientsStay(boolean view) {
        float[] two = new float[SIZE];
        Arrays.fill(two, 2);
        for (int run = 0; run < RUNS; run++) {
            NDArray x = manager.ones(new Shape(SIZE));
            x.setRequiresGradient(true);
            NDArray y;
            y = new Twice(view).apply(x);
            Garbage.overwrite();
            assertArrayEquals(two, y.toFloatArray());
            backward(y.sum());
            Garbage.overwrite();
            assertArrayEquals(two, y.toFloatArray());
            assertArrayEquals(two, x.getGradient().toFloatArray());
        }
    }

    @Test
    void outputsStayWhenNothingIsRecorded() {
        float[] two = new float[SIZE];
        Arrays.fill(two, 2);
        for (int run = 0; run < RUNS; run++) {
            NDArray y = new Twice(true).apply(manager.ones(new Shape(SIZE)));
            Garbage.overwrite();
            assertArrayEquals(two, y.toFloatArray());
        }
    }
}
