/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.djlext.gradcheck.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * DJL makes arrays of Java's numbers over memory of Java's, which the garbage collector frees when
 * the array object is gone, whatever else of the engine points to it. What this library keeps must
 * not.
 */
class JavaMemoryInGraphsTest extends GraphTestBase {

    private static final int SIZE = 1000;
    private static final int RUNS = 10;

    private static double[] all(double value) {
        double[] values = new double[SIZE];
        Arrays.fill(values, value);
        return values;
    }

    private static void assertAll(double want, NDArray array) {
        assertArrayEquals(all(want), array.toDoubleArray(), 1e-12);
    }

    @Test
    void resultOfAHook() {
        for (int run = 0; run < RUNS; run++) {
            NDArray x = leaf(all(1));
            Autograd.onGradient(x, g -> g.getManager().create(all(5)));
            NDArray y = leaf(all(1));
            NDArray h = y.add(x);
            Autograd.onGradient(h, g -> g.getManager().create(all(3)));
            backward(h.sum());
            Garbage.overwrite();
            assertAll(5, Autograd.gradient(x));
            assertAll(3, Autograd.gradient(y));
        }
    }

    /** Gives what a use of an upstream gradient made of one that is closed at once. */
    private NDArray withClosed(double value, UnaryOperator<NDArray> use) {
        NDArray v = manager.create(all(value));
        NDArray result = use.apply(v);
        v.close();
        return result;
    }

    @Test
    void upstreamGradientOfGrad() {
        for (int run = 0; run < RUNS; run++) {
            NDArray x = leaf(all(2));
            NDArray h = x.add(x.zerosLike());
            NDArray through = withClosed(3, v -> grad(h, x, v, false));
            NDArray y = x.square();
            NDArray recorded = withClosed(3, v -> grad(y, x, v, true));
            Garbage.overwrite();
            assertAll(3, through);
            assertAll(12, recorded);
            assertAll(6, grad(recorded, x));
        }
    }

    @Test
    void directionsOfProducts() {
        NDArray x = manager.create(all(2));
        for (int run = 0; run < RUNS; run++) {
            NDArray vjp =
                    withClosed(
                            3,
                            v ->
                                    Functional.vjp(
                                                    in -> new NDList(in.get(0).add(in.get(0))),
                                                    new NDList(x),
                                                    new NDList(v))
                                            .product()
                                            .get(0));
            NDArray same =
                    withClosed(
                            3,
                            v ->
                                    Functional.vjp(in -> in, new NDList(x), new NDList(v))
                                            .product()
                                            .get(0));
            NDArray jvp =
                    withClosed(
                            5,
                            v ->
                                    Functional.jvp(
                                                    in -> new NDList(in.get(0).reshape(SIZE)),
                                                    new NDList(x),
                                                    new NDList(v))
                                            .product()
                                            .get(0));
            Garbage.overwrite();
            assertAll(6, vjp);
            assertAll(3, same);
            assertAll(5, jvp);
        }
    }

    @Test
    void pointOfAProduct() {
        // The outputs that come with a product are views of an input that is closed.
        for (int run = 0; run < RUNS; run++) {
            NDArray ones = manager.create(all(1));
            NDArray value =
                    withClosed(
                            3,
                            v ->
                                    Functional.vjp(in -> in, new NDList(v), new NDList(ones))
                                            .outputs()
                                            .get(0));
            Garbage.overwrite();
            assertAll(3, value);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE, 2_000_000})
    void savedInput(int size) {
        float[] three = new float[size];
        Arrays.fill(three, 3);
        for (int run = 0; run < (size == SIZE ? RUNS : 2); run++) {
            NDArray x = manager.ones(new Shape(size));
            x.setRequiresGradient(true);
            NDArray constant = manager.create(three);
            NDArray view = manager.create(three).reshape(size);
            NDArray y = TestFunctions.product().apply(x, constant);
            NDArray z = TestFunctions.product().apply(y, view);
            constant.close();
            view.close();
            Garbage.overwrite();
            float[] nine = new float[size];
            Arrays.fill(nine, 9);
            assertArrayEquals(nine, grad(z, x).toFloatArray());
        }
    }

    @Test
    void savedLeafThatIsClosed() {
        for (int run = 0; run < RUNS; run++) {
            NDArray x = leaf(all(1));
            NDArray w = leaf(all(3));
            NDArray y = TestFunctions.product().apply(x, w);
            w.close();
            Garbage.overwrite();
            assertAll(3, grad(y, x));
        }
    }

    @Test
    void outputThatIsAnInput() {
        for (int run = 0; run < RUNS; run++) {
            NDArray x = leaf(all(1));
            AutogradFunction second =
                    TestFunctions.of(
                            (ctx, in) -> new NDList(in.get(0).mul(in.get(0)), in.get(1)),
                            (ctx, dy) -> new NDList(dy.get(0), null));
            NDArray constant = manager.create(all(3));
            NDArray y = second.apply(new NDList(x, constant)).get(1);
            constant.close();
            Garbage.overwrite();
            assertAll(3, y);
        }
    }

    @Test
    void numbersInWhatFunctionalDifferentiates() {
        NDArray x = manager.create(new double[] {2});
        for (int run = 0; run < RUNS; run++) {
            NDArray hessian =
                    Functional.hessian(
                                    in -> {
                                        NDArray y = in.get(0).mul(3).square().sum();
                                        Garbage.overwrite();
                                        return new NDList(y);
                                    },
                                    new NDList(x))
                            .get(0)
                            .get(0);
            assertValues(hessian, 18);
        }
    }

    @Test
    void numbersInWhatIsChecked() {
        NDArray x = leaf(0.3, -0.2);
        for (int run = 0; run < 2; run++) { // of many passes each
            new GradCheck()
                    .check(
                            in -> {
                                NDArray y = in.get(0).mul(3).tanh();
                                Garbage.overwrite();
                                return new NDList(y);
                            },
                            new NDList(x))
                    .assertPassed();
        }
    }
}
