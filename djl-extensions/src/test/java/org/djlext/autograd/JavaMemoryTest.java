/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
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

    private static NDArray ones(JavaMemoryTest t) {
        return t.leaf(all(1));
    }

    static Stream<Arguments> results() {
        UnaryOperator<NDList> same = in -> in;
        UnaryOperator<NDList> view = in -> new NDList(in.get(0).reshape(SIZE));
        UnaryOperator<NDList> twice = in -> new NDList(in.get(0).add(in.get(0)));
        return Stream.of(
                of("result of a hook on a leaf", 5, t -> hooked(ones(t), x -> x, 5)),
                of("result of a hook", 3, t -> hooked(ones(t), x -> x.add(ones(t)), 3)),
                of("upstream gradient that is passed on", 3, t -> t.withClosed(3, t::passOn)),
                of("upstream gradient of a recorded pass", 6, JavaMemoryTest::recorded),
                of(
                        "direction of vjp",
                        6,
                        t -> t.withClosed(3, v -> vjp(twice, v).product().get(0))),
                of(
                        "direction that vjp passes on",
                        3,
                        t -> t.withClosed(3, v -> vjp(same, v).product().get(0))),
                of("direction of jvp", 5, t -> t.withClosed(5, v -> jvp(view, v).product().get(0))),
                // The outputs that come with a product are views of an input that is closed.
                of(
                        "point of a product",
                        3,
                        t -> t.withClosed(3, v -> vjp(same, v).outputs().get(0))),
                of("saved leaf", 3, JavaMemoryTest::savedLeaf),
                of("output that is an input", 3, t -> t.withClosed(3, t::returned)));
    }

    private static NDArray hooked(NDArray x, UnaryOperator<NDArray> f, double value) {
        NDArray h = f.apply(x);
        Autograd.onGradient(h, g -> g.getManager().create(all(value)));
        backward(h.sum());
        return Autograd.gradient(x);
    }

    private NDArray passOn(NDArray v) {
        NDArray x = ones(this);
        return grad(x.add(x.zerosLike()), x, v, false);
    }

    private NDArray recorded() {
        NDArray x = ones(this);
        NDArray dx = withClosed(3, v -> grad(x.square(), x, v, true));
        Garbage.overwrite();
        return grad(dx, x);
    }

    private static Functional.Product vjp(UnaryOperator<NDList> f, NDArray v) {
        return Functional.vjp(f, new NDList(v), new NDList(v));
    }

    private static Functional.Product jvp(UnaryOperator<NDList> f, NDArray v) {
        return Functional.jvp(f, new NDList(v), new NDList(v));
    }

    private NDArray savedLeaf() {
        NDArray x = ones(this);
        NDArray w = leaf(all(3));
        NDArray y = TestFunctions.product().apply(x, w);
        w.close();
        Garbage.overwrite();
        return grad(y, x);
    }

    private NDArray returned(NDArray v) {
        AutogradFunction second =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).square(), in.get(1)),
                        (ctx, dy) -> new NDList(dy.get(0), null));
        return second.apply(new NDList(ones(this), v)).get(1);
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

    /** 3 x by a number of Java's, which is garbage at once. */
    private static NDArray thrice(NDList in) {
        NDArray y = in.get(0).mul(3);
        Garbage.overwrite();
        return y;
    }

    @Test
    void numbersInWhatFunctionalDifferentiates() {
        NDList x = new NDList(manager.create(new double[] {2}));
        for (int run = 0; run < RUNS; run++) {
            List<NDList> hessian =
                    Functional.hessian(in -> new NDList(thrice(in).square().sum()), x);
            assertValues(hessian.get(0).get(0), 18);
        }
    }

    @Test
    void numbersInWhatIsChecked() {
        NDList x = new NDList(leaf(0.3, -0.2));
        for (int run = 0; run < 2; run++) { // of many passes each
            new GradCheck().check(in -> new NDList(thrice(in).tanh()), x).assertPassed();
        }
    }

    /** y = 2 x and dx = 2 dy, computed in Java; saves what it has computed, and checks it. */
    private static AutogradFunction twice(boolean view) {
        return TestFunctions.of(
                (ctx, in) -> {
                    NDArray y = twice(in.get(0), view);
                    ctx.saveForBackward(y);
                    return new NDList(y);
                },
                (ctx, dy) -> {
                    assertArrayEquals(all(2), ctx.saved(0).toDoubleArray());
                    return new NDList(twice(dy.get(0), view));
                });
    }

    private static NDArray twice(NDArray x, boolean view) {
        double[] values = Arrays.stream(x.toDoubleArray()).map(value -> 2 * value).toArray();
        NDManager here = x.getManager();
        return view ? here.create(values).reshape(x.getShape()) : here.create(values, x.getShape());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void outputsSavedTensorsAndGradientsStay(boolean view) {
        for (int run = 0; run < RUNS; run++) {
            NDArray x = ones(this);
            NDArray y = twice(view).apply(x);
            Garbage.overwrite();
            assertValues(y, all(2));
            backward(y.sum());
            Garbage.overwrite();
            assertValues(y, all(2));
            assertGradient(x, all(2));
            try (Autograd.Scope scope = Autograd.noGrad()) {
                NDArray unrecorded = twice(view).apply(x);
                Garbage.overwrite();
                assertValues(unrecorded, all(2));
            }
        }
    }
}
