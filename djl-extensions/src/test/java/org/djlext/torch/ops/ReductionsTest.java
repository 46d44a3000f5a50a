/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReductionsTest extends ArrayTest {

    private static final int[] OUTER = {0, -1};
    private static final int[] ROW = {1};

    private NDArray x; // (2, 3, 4)

    @BeforeEach
    void open() {
        x = manager.randomNormal(1, 2, new Shape(2, 3, 4), DataType.FLOAT64);
    }

    /** Brings the axes 0 and 2 of (2, 3, 4) together: (3, 8). */
    private static NDArray rows(NDArray array) {
        return array.transpose(1, 0, 2).reshape(3, 8);
    }

    private static NDArray kept(NDArray reduced, boolean keepDims) {
        return keepDims ? reduced.reshape(1, 3, 1) : reduced.reshape(3);
    }

    @Test
    void elementsThatShareTheMaximumShareItsGradient() {
        NDArray ties = manager.create(new double[] {3, 1, 3, 3}, new Shape(2, 2));
        NDList results =
                Gradients.run(
                        in -> Reductions.max(in.get(0), new int[] {0, 1}, false),
                        new NDList(ties),
                        manager.create(1.0));
        double third = 1 / 3.0;
        assertArrayEquals(
                new double[] {third, 0, third, third}, results.get(1).toDoubleArray(), 1e-7);
    }

    @Test
    void maximumOfIntegersAndWithNaN() {
        NDArray ints = manager.create(new int[] {4, -7, 2, 5}, new Shape(2, 2));
        assertEquals(5, Reductions.max(ints, new int[] {0, 1}, false).getInt());
        assertEquals(-7, Reductions.min(ints, new int[] {0, 1}, false).getInt());
        NDArray nan = manager.create(new float[] {1, Float.NaN});
        assertTrue(Float.isNaN(Reductions.max(nan, new int[] {0}, false).getFloat()));
    }

    @Test
    void noAxesAreAll() {
        double mean = Arrays.stream(x.toDoubleArray()).average().orElseThrow();
        double squares = Arrays.stream(x.toDoubleArray()).map(v -> Math.pow(v - mean, 2)).sum();
        int[] none = {};
        assertEquals(mean, Reductions.mean(x, none, false).getDouble(), 1e-14);
        assertEquals(squares / 23, Reductions.var(x, none, 1, false).getDouble(), 1e-13);
        assertEquals(x.max().getDouble(), Reductions.max(x, none, false).getDouble());
        assertEquals(x.min().getDouble(), Reductions.min(x, none, false).getDouble());
    }

    private static Arguments of(
            String name,
            BiFunction<NDArray, Boolean, NDArray> reduction,
            UnaryOperator<NDArray> ofRows) {
        return Arguments.of(name, reduction, ofRows);
    }

    private static Arguments variance(int correction) {
        return of(
                "variance with correction " + correction,
                (x, keep) -> Reductions.var(x, OUTER, correction, keep),
                rows -> {
                    NDArray centred = rows.sub(rows.mean(ROW, true));
                    return centred.square().sum(ROW).div(8 - correction);
                });
    }

    static Stream<Arguments> reductions() {
        return Stream.of(
                of("mean", (x, keep) -> Reductions.mean(x, OUTER, keep), rows -> rows.mean(ROW)),
                of("max", (x, keep) -> Reductions.max(x, OUTER, keep), rows -> rows.max(ROW)),
                of("min", (x, keep) -> Reductions.min(x, OUTER, keep), rows -> rows.min(ROW)),
                of(
                        "logSumExp",
                        (x, keep) -> Reductions.logSumExp(x, OUTER, keep),
                        rows -> rows.exp().sum(ROW).log()),
                variance(0),
                variance(1),
                variance(2));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("reductions")
    void ofTwoAxesIsThatOfRows(
            String name,
            BiFunction<NDArray, Boolean, NDArray> reduction,
            UnaryOperator<NDArray> ofRows) {
        for (boolean keep : new boolean[] {false, true}) {
            Gradients.check(
                    new NDList(x),
                    in -> reduction.apply(in.get(0), keep),
                    in -> kept(ofRows.apply(rows(in.get(0))), keep));
        }
    }

    @Test
    void logSumExpOfLargeNumbers() {
        NDArray large = manager.create(new float[] {1e4f, 1e4f});
        assertEquals(
                1e4f + (float) Math.log(2),
                Reductions.logSumExp(large, new int[] {0}, false).getFloat());
    }

    @Test
    void globalNorm() {
        Gradients.check(
                new NDList(x, random(5), random()),
                Reductions::globalNorm,
                in -> {
                    NDArray squares = in.get(0).square().sum().add(in.get(1).square().sum());
                    return squares.add(in.get(2).square()).sqrt();
                });
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e20, 1e-25, 1})
    void globalNormBeyondTheSquares(double unit) {
        NDArray a = manager.create(new float[] {(float) (3 * unit), 0});
        NDArray b = manager.create((float) (4 * unit));
        NDList results =
                Gradients.run(Reductions::globalNorm, new NDList(a, b), manager.create(1f));
        assertEquals(5, results.get(0).getFloat() / unit, 1e-5);
        assertArrayEquals(new float[] {0.6f, 0}, results.get(1).toFloatArray(), 1e-6f);
        assertEquals(0.8f, results.get(2).getFloat(), 1e-6f);
    }

    @Test
    void reductionsOfHalves() {
        int count = 100_000;
        NDArray zeros = manager.zeros(new Shape(count), DataType.FLOAT16);
        NDArray thousands = manager.full(new Shape(count), 1000, DataType.FLOAT16);
        int[] all = {0};
        assertEquals(Math.log(count), half(Reductions.logSumExp(zeros, all, false)), 4e-3);
        assertEquals(1000, half(Reductions.mean(thousands, all, false)));
        assertEquals(0, half(Reductions.var(thousands, all, 1, false)));
        NDArray norm = Reductions.globalNorm(new NDList(thousands));
        assertEquals(1, norm.getFloat() / (1000 * Math.sqrt(count)), 1e-4);
    }

    private static double half(NDArray scalar) {
        assertEquals(DataType.FLOAT16, scalar.getDataType());
        return scalar.toType(DataType.FLOAT64, true).getDouble();
    }
}
