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

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradientComparisonTest extends ArrayTest {

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
}
