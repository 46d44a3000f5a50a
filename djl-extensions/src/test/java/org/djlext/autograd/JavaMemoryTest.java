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
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.gradcheck.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * DJL makes arrays of Java's numbers over memory of Java's, which the garbage collector frees when
 * the array object is gone, whatever else of the engine points to it. What this library keeps must
 * not.
 */
class JavaMemoryTest extends GraphTestBase {

    private static final int SIZE = 1000;

    private static final int RUNS = 10;

    private static double[] all(double value) {
        double[] values = new double[SIZE];
        Arrays.fill(values, value);
        return values;
    }

    /** Makes an array of this test's from numbers of Java's, and what is in it throughout. */
    private static Arguments of(String what, double want, Function<JavaMemoryTest, NDArray> make) {
        return Arguments.of(what, want, make);
    }

    private static NDArray hooked(NDArray x, NDArray h, double value) {
        Autograd.onGradient(h, g -> g.getManager().create(all(value)));
        backward(h.sum());
        return Autograd.gradient(x);
    }

    private static NDArray ones(JavaMemoryTest t) {
        return t.leaf(all(1));
    }

    static Stream<Arguments> results() {
        return Stream.of(
                of(
                        "result of a hook on a leaf",
                        5,
                        t -> {
                            NDArray x = ones(t);
                            return hooked(x, x, 5);
                        }),
                of(
                        "result of a hook",
                        3,
                        t -> {
                            NDArray x = ones(t);
                            return hooked(x, x.add(ones(t)), 3);
                        }),
                of(
                        "upstream gradient that is passed on",
                        3,
                        t -> {
                            NDArray x = ones(t);
                            NDArray h = x.add(x.zerosLike());
                            return t.withClosed(3, v -> grad(h, x, v, false));
                        }),
                of(
                        "upstream gradient of a recorded pass",
                        6,
                        t -> {
                            NDArray x = ones(t);
                            NDArray dx = t.withClosed(3, v -> grad(x.square(), x, v, true));
                            Garbage.overwrite();
                            return grad(dx, x);
                        }),
                of("direction of vjp", 6, t -> t.vjp(3, v -> v.add(v)).product().get(0)),
                of("direction that vjp passes on", 3, t -> t.vjp(3, v -> v).product().get(0)),
                of(
                        "direction of jvp",
                        5,
                        t ->
                                t.withClosed(
                                        5,
                                        v ->
                                                Functional.jvp(
                                                                in ->
                                                                        new NDList(
                                                                                in.get(0)
                                                                                        .reshape(
                                                                                                SIZE)),
                                                                new NDList(v.onesLike()),
                                                                new NDList(v))
                                                        .product()
                                                        .get(0))),
                // The outputs that come with a product are views of an input that is closed.
                of(
                        "point of a product",
                        3,
                        t ->
                                t.withClosed(
                                        3,
                                        v ->
                                                Functional.vjp(
                                                                in -> in,
                                                                new NDList(v),
                                                                new NDList(v.onesLike()))
                                                        .outputs()
                                                        .get(0))),
                of(
                        "saved leaf",
                        3,
                        t -> {
                            NDArray x = ones(t);
                            NDArray w = t.leaf(all(3));
                            NDArray y = TestFunctions.product().apply(x, w);
                            w.close();
                            Garbage.overwrite();
                            return grad(y, x);
                        }),
                of(
                        "output that is an input",
                        3,
                        t -> {
                            AutogradFunction second =
                                    TestFunctions.of(
                                            (ctx, in) -> new NDList(in.get(0).square(), in.get(1)),
                                            (ctx, dy) -> new NDList(dy.get(0), null));
                            return t.withClosed(
                                    3, v -> second.apply(new NDList(ones(t), v)).get(1));
                        }));
    }

    private Functional.Product vjp(double value, UnaryOperator<NDArray> f) {
        NDList x = new NDList(manager.create(all(2)));
        NDArray v = manager.create(all(value));
        Functional.Product product =
                Functional.vjp(in -> new NDList(f.apply(in.get(0))), x, new NDList(v));
        v.close();
        return product;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("results")
    void outlivesTheArraysOfJava(String what, double want, Function<JavaMemoryTest, NDArray> make) {
        for (int run = 0; run < RUNS; run++) {
            NDArray result = make.apply(this);
            Garbage.overwrite();
            assertArrayEquals(all(want), result.toDoubleArray(), 1e-12);
        }
    }

    /** Gives what a use of an upstream gradient made of one that is closed at once. */
    private NDArray withClosed(double value, UnaryOperator<NDArray> use) {
        NDArray v = manager.create(all(value));
        NDArray result = use.apply(v);
        v.close();
        return result;
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
