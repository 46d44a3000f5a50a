/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.djlext.internal.ForwardLevel;
import org.djlext.testing.SquareWithJvp;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Derivatives in a direction in one pass, beside finite differences and two backward passes. */
class ForwardModeTest extends GraphTestBase {

    private NDArray array(double... values) {
        return manager.create(values);
    }

    private static NDArray jvp(Function<NDList, NDList> f, NDArray x, NDArray v) {
        return Functional.jvp(f, new NDList(x), new NDList(v)).product().get(0);
    }

    @Test
    void ruleIsUsedInOnePass() {
        SquareWithJvp right = new SquareWithJvp(1);
        assertValues(jvp(right::apply, array(3, 4), array(1, -1)), 6, -8);
        assertEquals(0, right.backwards());
        // A wrong rule gives a wrong answer: it is the rule that is used.
        assertValues(jvp(new SquareWithJvp(3.5)::apply, array(3, 4), array(1, -1)), 21, -28);
    }

    @Test
    void functionWithoutARuleTakesTwoPasses() {
        AtomicInteger backwards = new AtomicInteger();
        AutogradFunction square =
                TestFunctions.of(
                        x -> x.square(),
                        (x, dy) -> {
                            backwards.incrementAndGet();
                            return dy.mul(x).mul(2);
                        });
        assertValues(jvp(square::apply, array(3, 4), array(1, -1)), 6, -8);
        assertTrue(backwards.get() > 0);
        // And so does a network with one such function in it.
        SquareWithJvp rule = new SquareWithJvp(3.5);
        Function<NDList, NDList> both = in -> square.apply(rule.apply(in));
        // By backward: (x^2)^2' = 4 x^3.
        assertValues(jvp(both, array(3), array(1)), 108);
    }

    @Test
    void directionThroughALayerOfTheEngineAndARule() {
        NDArray w = manager.create(new double[] {1, 2, -1, 0.5, 3, -2}, new Shape(3, 2));
        SquareWithJvp square = new SquareWithJvp(1);
        Function<NDList, NDList> f =
                in -> new NDList(square.apply(in.get(0).matMul(in.get(1)).tanh().softmax(1)));
        NDList at = new NDList(manager.create(new double[][] {{0.3, -1.2, 2}}), w);
        NDList v =
                new NDList(
                        manager.create(new double[][] {{1, -0.5, 0.2}}),
                        manager.create(new double[] {0.1, 0, -0.3, 1, 0.4, -1}, new Shape(3, 2)));
        Functional.Product p = Functional.jvp(f, at, v);
        assertEquals(0, square.backwards());
        double h = 1e-6;
        NDArray above = f.apply(moved(at, v, h)).get(0);
        NDArray below = f.apply(moved(at, v, -h)).get(0);
        assertArrayEquals(
                above.sub(below).div(2 * h).toDoubleArray(),
                p.product().get(0).toDoubleArray(),
                1e-9);
        assertEquals(f.apply(at).get(0), p.outputs().get(0));
    }

    private static NDList moved(NDList at, NDList v, double h) {
        NDList moved = new NDList();
        for (int i = 0; i < at.size(); i++) {
            moved.add(at.get(i).add(v.get(i).mul(h)));
        }
        return moved;
    }

    @Test
    void inputsAndOutputsWithoutADirection() {
        AutogradFunction product =
                new AutogradFunction() {
                    @Override
                    protected NDList forward(FunctionContext ctx, NDList in) {
                        ctx.saveForBackward(in.get(0), in.get(1));
                        return new NDList(in.get(0).mul(in.get(1)), in.get(1).square());
                    }

                    @Override
                    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
                        throw new IllegalStateException("no backward here");
                    }

                    @Override
                    protected NDList jvp(FunctionContext ctx, NDList tangents) {
                        NDArray dx = tangents.get(0);
                        assertEquals(null, tangents.get(1));
                        assertTrue(ctx.needsInputGrad(0) && !ctx.needsInputGrad(1));
                        @Nullable NDArray none = null;
                        return new NDList(dx.mul(ctx.savedTensors().get(1)), none);
                    }
                };
        NDArray constant = array(10, 20);
        Functional.Product p =
                Functional.jvp(
                        in -> product.apply(new NDList(in.get(0), constant)),
                        new NDList(array(3, 4)),
                        new NDList(array(1, 2)));
        assertValues(p.product().get(0), 10, 40);
        assertValues(p.product().get(1), 0, 0);
    }

    @Test
    void derivativeOfAnotherShapeIsRefused() {
        AutogradFunction wrong =
                new AutogradFunction() {
                    @Override
                    protected NDList forward(FunctionContext ctx, NDList in) {
                        return new NDList(in.get(0).square());
                    }

                    @Override
                    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
                        return gradOutputs;
                    }

                    @Override
                    protected NDList jvp(FunctionContext ctx, NDList tangents) {
                        return new NDList(tangents.get(0).sum());
                    }

                    @Override
                    protected String name() {
                        return "Wrong";
                    }
                };
        assertFails(
                IllegalStateException.class,
                "Wrong.jvp: the derivative of output 0 must be (2) float64, but is () float64",
                () -> jvp(wrong::apply, array(3, 4), array(1, 1)));
        // The forward mode is off again.
        assertTrue(!ForwardLevel.isOn());
        assertValues(jvp(new SquareWithJvp(1)::apply, array(3), array(1)), 6);
    }

    @Test
    void gradientInsideOfADirection() {
        // Forward over backward: the derivative of a gradient in a direction is H v.
        Function<NDList, NDList> f = in -> new NDList(in.get(0).pow(3).sum());
        Function<NDList, NDList> gradient = in -> Functional.vjp(f, in, null).product();
        assertValues(jvp(gradient, array(2, 3), array(1, 10)), 12, 180);
        // With a function in it whose rule for backward has no forward mode.
        Function<NDList, NDList> custom =
                in -> new NDList(new SquareWithJvp(3.5).apply(in).get(0).mul(in.get(0)).sum());
        Function<NDList, NDList> ofCustom = in -> Functional.vjp(custom, in, null).product();
        assertValues(jvp(ofCustom, array(2, 3), array(1, 10)), 12, 180);
    }

    @Test
    void functionThatDifferentiatesByItself() {
        Function<NDList, NDList> f =
                in -> {
                    NDArray x = in.get(0);
                    Autograd.retainGrad(x.square());
                    NDList cube = new NDList(x.pow(3).sum());
                    return Autograd.grad(
                            cube, in, new NDList(manager.create(1.0)), true, true, false);
                };
        assertValues(jvp(f, array(2, 3), array(1, 10)), 12, 180);
    }

    @Test
    void severalThreadsAtATime() throws InterruptedException {
        Threads.run(
                8,
                t -> {
                    for (int i = 1; i < 20; i++) {
                        try (ai.djl.ndarray.NDManager own = manager.newSubManager()) {
                            NDArray x = own.create(new double[] {i});
                            NDArray v = own.create(new double[] {t});
                            NDArray jv = jvp(new SquareWithJvp(1)::apply, x, v);
                            assertEquals(2.0 * i * t, jv.getDouble(0));
                        }
                    }
                });
    }
}
