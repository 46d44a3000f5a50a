/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a comparison says: whether it agrees, where it is worst, and which mistake it may be. */
class GradientComparisonTest extends ArrayTest {

    private static final int N = 4;
    private static final int[] ROWS = {0};
    private static final int[] COLUMNS = {1};
    private NDArray x;
    private NDArray w;
    private NDArray b;
    private NDArray dz;

    private GradientComparison compare(float[] manual, float[] engine) {
        return GradientComparison.of("h", manager.create(manual), manager.create(engine));
    }

    @Test
    void equalArraysPrintTheLecturesLine() {
        NDArray a = manager.create(new float[] {1, 2, 3});
        assertEquals(
                "logprobs        | exact: True  | approximate: True  | maxdiff: 0.0",
                GradientComparison.of("logprobs", a, a.duplicate()).toString());
    }

    @Test
    void almostEqualIsApproximate() {
        GradientComparison c =
                compare(new float[] {1, 0.0043f}, new float[] {1, Math.nextUp(0.0043f)});
        assertEquals(
                "h               | exact: False | approximate: True  | maxdiff:"
                        + " 4.656612873077393e-10",
                c.toString());
    }

    @Test
    void differenceNamesTheWorstElement() {
        NDArray a = manager.zeros(new Shape(2, 3));
        NDArray b = manager.create(new float[] {0, 0, 0, 0, 0.25f, -2}, new Shape(2, 3));
        GradientComparison c = GradientComparison.of("W1", a, b);
        assertEquals(
                "W1              | exact: False | approximate: False | maxdiff: 2.0 | worst at"
                        + " [1, 2]: 0.0, should be -2.0 | it is zero everywhere",
                c.toString());
    }

    @Test
    void worstIsAmongThoseThatFail() {
        // 1000.001 is further off than 0.0005, but within its relative tolerance.
        GradientComparison c = compare(new float[] {1000.001f, 0.0005f}, new float[] {1000f, 0f});
        assertTrue(c.detail().contains("[1]: 0.0005"), c.detail());
        assertFalse(c.approximate());
    }

    @ParameterizedTest
    @CsvSource({
        "NaN, NaN, false",
        "NaN, 1, false",
        "1, NaN, false",
        "Infinity, Infinity, true",
        "Infinity, -Infinity, false",
        "Infinity, 1, false",
        "1, Infinity, false",
        "1, -Infinity, false"
    })
    void nanNeverPassesAndInfinityOnlyAsItself(float manual, float engine, boolean equal) {
        for (int position = 0; position < 3; position++) {
            float[] a = {1, 1, 1};
            float[] b = {1, 1, 1};
            a[position] = manual;
            b[position] = engine;
            GradientComparison c = compare(a, b);
            assertEquals(equal, c.exact(), c.toString());
            assertEquals(equal, c.approximate(), c.toString());
            if (Float.isNaN(manual) || Float.isNaN(engine)) {
                assertTrue(Double.isNaN(c.maxdiff()), c.toString());
            }
        }
    }

    @Test
    void nanIsTheWorstElement() {
        GradientComparison c = compare(new float[] {9, Float.NaN, 9}, new float[] {1, 1, 1});
        assertEquals(" | worst at [1]: nan, should be 1.0", c.detail());
    }

    @Test
    void shapeAndTypeMustAgree() {
        NDArray row = manager.zeros(new Shape(1, 4));
        GradientComparison shape =
                GradientComparison.of("bnmeani", manager.zeros(new Shape(4)), row);
        assertFalse(shape.exact());
        assertFalse(shape.approximate());
        assertEquals(
                " | shape: (4), should be (1, 4) | the numbers agree, only the shape does not",
                shape.detail());
        GradientComparison type =
                GradientComparison.of("x", row.toType(DataType.FLOAT64, true), row);
        assertFalse(type.exact());
        assertFalse(type.approximate());
        assertEquals(" | type: float64, should be float32", type.detail());
    }

    @Test
    void emptyArraysAgree() {
        NDArray empty = manager.create(new Shape(0, 3), DataType.FLOAT32);
        assertTrue(GradientComparison.of("none", empty, empty).exact());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.0",
        "2, 2.0",
        "0.0001, 0.0001",
        "0.00012345, 0.00012345",
        "0.00001, 1e-05",
        "9.313225746154785E-10, 9.313225746154785e-10",
        "123456789, 123456789.0",
        "1E16, 1e+16",
        "1.5E-300, 1.5e-300"
    })
    void numbersAreWrittenAsPythonDoes(double value, String python) {
        GradientComparison c =
                GradientComparison.of(
                        "x", manager.create(new double[] {value}), manager.create(new double[1]));
        assertTrue(c.toString().contains("maxdiff: " + python), c.toString());
    }

    @Test
    void tableShowsAllRowsAndFailsWithTheBadOnes() {
        NDArray a = manager.create(new float[] {1, 2});
        GradientTable table = new GradientTable();
        assertFails(AssertionError.class, "no gradient was compared", table::assertApproximate);
        table.compare("good", a, a);
        table.assertApproximate();
        table.compare("bad", a.mul(2), a);
        assertEquals(2, table.toString().lines().count());
        assertFails(
                AssertionError.class,
                "1 of 2 gradients are wrong (rtol 1.0E-5, atol 1.0E-8):\n"
                        + "bad             | exact: False | approximate: False | maxdiff: 2.0 | worst"
                        + " at [1]: 4.0, should be 2.0 | it is 2.0 times what it should be everywhere",
                table::assertApproximate);
    }

    @Test
    void toleranceIsCheckedItself() {
        assertThrows(IllegalArgumentException.class, () -> new Tolerance(-1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Tolerance(0, Double.NaN));
        Tolerance wide = new Tolerance(0.1, 0);
        assertTrue(wide.accepts(1.05, 1));
        assertFalse(wide.accepts(1.2, 1));
    }

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
