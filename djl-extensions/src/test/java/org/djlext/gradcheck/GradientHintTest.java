/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Mistakes that people make, beside the engine's gradients of z = (x - mean(x)) W + b. */
class GradientHintTest extends ArrayTest {

    private static final int N = 4;
    private static final int[] ROWS = {0};
    private static final int[] COLUMNS = {1};

    private NDArray x;
    private NDArray w;
    private NDArray b;
    private NDArray dz;

    @BeforeEach
    void engineDifferentiates() {
        x = normal(N, 3);
        w = normal(3, 5);
        b = normal(1, 5);
        dz = normal(N, 5);
        for (NDArray leaf : new NDArray[] {x, w, b}) {
            leaf.setRequiresGradient(true);
        }
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray z = x.sub(x.mean(ROWS, true)).matMul(w).add(b);
            collector.backward(z.mul(dz).sum());
        }
    }

    private NDArray normal(long... shape) {
        return manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT32);
    }

    private static void assertHint(String hint, NDArray manual, NDArray leaf) {
        GradientComparison row = GradientComparison.of("x", manual, leaf.getGradient());
        assertFalse(row.approximate());
        assertTrue(row.detail().endsWith(" | " + hint), row.toString());
    }

    private NDArray rightX() {
        NDArray dx = dz.matMul(w.stopGradient().transpose());
        return dx.sub(dx.mean(ROWS, true));
    }

    @Test
    void rightGradientHasNone() {
        GradientComparison row = GradientComparison.of("x", rightX(), x.getGradient());
        assertTrue(row.approximate(), row.toString());
        assertEquals("", row.detail());
    }

    @Test
    void factorsAreNamed() {
        assertHint("it is 4.0 times what it should be everywhere", rightX().mul(N), x);
        assertHint("it is 1/4 times what it should be everywhere", rightX().div(N), x);
        assertHint("it is of the wrong sign everywhere", rightX().neg(), x);
        assertHint("it is -1/2 times what it should be everywhere", rightX().mul(-0.5), x);
        assertHint("it is zero everywhere", rightX().mul(0), x);
        NDArray scale = manager.create(new float[] {2, 3, 5}, new Shape(1, 3));
        assertHint(
                "a factor of the shape (1, 3) is missing, or one too many: the ratio is the same"
                        + " along axis 0",
                rightX().mul(scale),
                x);
        assertHint(
                "a factor of the shape (4, 1) is missing, or one too many: the ratio is the same"
                        + " along axis 1",
                rightX().mul(manager.create(new float[] {2, 3, 5, 7}, new Shape(4, 1))),
                x);
    }

    @Test
    void missingTermsAreNamed() {
        assertHint(
                "a term of the shape (1, 3) is missing, or one too many: the difference is the same"
                        + " along axis 0",
                dz.matMul(w.stopGradient().transpose()),
                x);
    }

    @Test
    void sumsOverWrongAxesAreNamed() {
        assertHint("summed over axis 0 it agrees, where forward has broadcast", dz, b);
        assertHint("it is summed over axis 1, but should be over axis 0", dz.sum(COLUMNS, true), b);
        GradientComparison summed = GradientComparison.of("z", dz.sum(ROWS), dz);
        assertTrue(
                summed.detail().endsWith(" | it is summed over axis 0, but should not be"),
                summed.toString());
        assertHint("the numbers agree, only the shape does not", dz.sum(ROWS), b);
    }

    @Test
    void transposesAreNamed() {
        NDArray centred = x.stopGradient().sub(x.stopGradient().mean(ROWS, true));
        assertHint("its transpose agrees", dz.transpose().matMul(centred), w);
        assertHint("swap the axes", dz.transpose().matMul(centred).square(), w);
        NDArray square = normal(3, 3);
        GradientComparison row = GradientComparison.of("x", square.transpose(), square);
        assertTrue(row.detail().endsWith(" | its transpose agrees"), row.toString());
    }

    @Test
    void oneWrongElementHasNoHint() {
        NDArray wrong = manager.create(new float[] {0, 7, 9});
        NDArray right = manager.create(new float[] {0, 7, 9.001f});
        String detail = GradientComparison.of("x", wrong, right).detail();
        assertTrue(detail.endsWith(": 9.0, should be 9.00100040435791"), detail);
    }

    @Test
    void noiseHasNoHint() {
        GradientComparison row = GradientComparison.of("x", normal(N, 3), x.getGradient());
        assertTrue(row.detail().matches(" \\| worst at [^|]*"), row.toString());
    }
}
