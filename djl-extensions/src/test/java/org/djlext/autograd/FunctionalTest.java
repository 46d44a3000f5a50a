/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.autograd.Functional.Option.CREATE_GRAPH;
import static org.djlext.autograd.Functional.Option.STRICT;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Function;
import org.djlext.testing.Gradients;
import org.djlext.testing.SquareWithJvp;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Products with Jacobians and Hessians, and derivatives of them, against finite differences and
 * matrices worked by hand.
 */
class FunctionalTest extends GraphTestBase {

    private NDArray x;
    private NDArray w;

    @BeforeEach
    void createInputs() {
        x = manager.create(new double[] {0.3, -1.2, 2}, new Shape(1, 3));
        w = manager.create(new double[] {1, 2, -1, 0.5, 3, -2}, new Shape(3, 2));
    }

    /** tanh(x w), of shape (1, 2), through a custom square: (tanh(x w))^2. */
    private static NDList layer(NDList in) {
        return new NDList(square(in.get(0).matMul(in.get(1)).tanh()));
    }

    @Test
    void vjpIsTheGradientOfTheProduct() {
        NDArray v = manager.create(new double[][] {{0.7, -2}});
        NDList at = new NDList(x, w);
        Functional.Product p = Functional.vjp(FunctionalTest::layer, at, new NDList(v));
        NDList want = Gradients.differences(in -> layer(in).get(0), at, v);
        for (int i = 0; i < want.size(); i++) {
            double[] product = p.product().get(i).toDoubleArray();
            assertArrayEquals(want.get(i).toDoubleArray(), product, 1e-8);
        }
        assertEquals(layer(at).get(0), p.outputs().get(0));
        assertFalse(Autograd.requiresGrad(p.outputs().get(0)));
        assertNoGradient(x);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void jvpIsTheDerivativeInADirection(boolean byItsRule) {
        SquareWithJvp square = new SquareWithJvp(1);
        Function<NDList, NDList> f =
                in -> {
                    NDArray y = in.get(0).matMul(in.get(1)).tanh().softmax(1);
                    return byItsRule ? square.apply(new NDList(y)) : new NDList(square(y));
                };
        NDList at = new NDList(x, w);
        NDList v =
                new NDList(
                        manager.create(new double[][] {{1, -0.5, 0.2}}),
                        manager.create(new double[][] {{0.1, 0}, {-0.3, 1}, {0.4, -1}}));
        Functional.Product p = Functional.jvp(f, at, v);
        double h = 1e-6;
        NDArray difference = f.apply(moved(at, v, h)).get(0).sub(f.apply(moved(at, v, -h)).get(0));
        double[] product = p.product().get(0).toDoubleArray();
        assertArrayEquals(difference.div(2 * h).toDoubleArray(), product, 1e-8);
        assertEquals(f.apply(at).get(0), p.outputs().get(0));
        assertEquals(0, square.backwards());
    }

    private static NDList moved(NDList at, NDList v, double h) {
        NDList moved = new NDList();
        for (int i = 0; i < at.size(); i++) {
            moved.add(at.get(i).add(v.get(i).mul(h)));
        }
        return moved;
    }

    @Test
    void jacobianOfALinearMapIsItsMatrix() {
        List<NDList> j =
                Functional.jacobian(
                        in -> new NDList(in.get(0).matMul(in.get(1)), in.get(0).sum()),
                        new NDList(x, w));
        assertEquals(new Shape(1, 2, 1, 3), j.get(0).get(0).getShape());
        assertEquals(w.transpose().reshape(1, 2, 1, 3), j.get(0).get(0));
        assertEquals(new Shape(1, 2, 3, 2), j.get(0).get(1).getShape());
        assertEquals(manager.ones(new Shape(1, 3), DataType.FLOAT64), j.get(1).get(0));
        // The second output does not depend on w at all.
        assertEquals(manager.zeros(new Shape(3, 2), DataType.FLOAT64), j.get(1).get(1));
    }

    @Test
    void hessianAndItsProduct() {
        // f = sum (x w)^2 has the Hessian 2 w w^T by x.
        Function<NDList, NDList> f = in -> new NDList(square(in.get(0).matMul(w)).sum());
        NDArray want = w.matMul(w.transpose()).mul(2);
        NDArray h = Functional.hessian(f, new NDList(x)).get(0).get(0);
        assertEquals(new Shape(1, 3, 1, 3), h.getShape());
        assertValues(h, want.toDoubleArray());
        NDArray v = manager.create(new double[][] {{1, -2, 0.5}});
        Functional.Product p = Functional.hvp(f, new NDList(x), new NDList(v));
        assertValues(p.product().get(0), v.matMul(want).toDoubleArray());
        h = Functional.hessian(in -> new NDList(in.get(0).sum()), new NDList(x)).get(0).get(0);
        assertEquals(manager.zeros(new Shape(1, 3, 1, 3), DataType.FLOAT64), h);
    }

    private static NDList cubes(NDList in) {
        return new NDList(square(in.get(0)).mul(in.get(0)).sum());
    }

    private NDList at(double... values) {
        return new NDList(manager.create(values));
    }

    @Test
    void jacobianOfAGradientIsTheHessian() {
        NDList x = at(2, -3);
        Function<NDList, NDList> gradient =
                in -> Functional.vjp(FunctionalTest::cubes, in, null).product();
        NDArray h = Functional.jacobian(gradient, x).get(0).get(0);
        // d^2 x^3 = 6 x
        assertValues(h, 12, 0, 0, -18);
        assertEquals(Functional.hessian(FunctionalTest::cubes, x).get(0).get(0), h);
        assertFalse(Autograd.requiresGrad(h));
    }

    @Test
    void hessianOfAJacobianAndFourDerivatives() {
        // The Jacobian of x^3, as a sum, is 3 x^2, whose Hessian is 6.
        Function<NDList, NDList> sumOfJacobian =
                in ->
                        new NDList(
                                Functional.jacobian(FunctionalTest::cubes, in).get(0).get(0).sum());
        assertValues(Functional.hessian(sumOfJacobian, at(2, -3)).get(0).get(0), 6, 0, 0, 6);
        // x^5 by products: four times by x in the direction 1 it is 120 x.
        Function<NDList, NDList> f = in -> new NDList(in.get(0).pow(5));
        for (int i = 0; i < 4; i++) {
            Function<NDList, NDList> inner = f;
            f = in -> Functional.jvp(inner, in, new NDList(in.get(0).onesLike())).product();
        }
        assertValues(f.apply(at(2)).get(0), 240);
    }

    @Test
    void gradientOfAHessianProductByWhatTheFunctionUses() {
        NDArray a = leaf(5);
        NDList x = at(2, 3);
        Function<NDList, NDList> f = in -> new NDList(in.get(0).pow(3).mul(a).sum());
        // v^T H = 6 a x v; by a it is 6 x v, summed 6 (2 + 3).
        NDList v = at(1, 1);
        for (NDArray product :
                List.of(
                        Functional.hvp(f, x, v, CREATE_GRAPH).product().get(0),
                        Functional.vhp(f, x, v, CREATE_GRAPH).product().get(0))) {
            assertValues(product, 60, 90);
            assertValues(grad(product.sum(), a), 30);
        }
        NDArray hessian = Functional.hessian(f, x, CREATE_GRAPH).get(0).get(0);
        assertValues(grad(hessian.sum(), a), 30);
        NDArray jacobian = Functional.jacobian(f, x, CREATE_GRAPH).get(0).get(0);
        assertValues(jacobian, 60, 135);
        assertValues(grad(jacobian.sum(), a), 39);
        NDArray jv = Functional.jvp(f, x, v, CREATE_GRAPH).product().get(0);
        assertValues(grad(jv, a), 39);
    }

    @Test
    void createGraphConnectsToTheInputs() {
        NDArray x = leaf(2, 3);
        Functional.Product p =
                Functional.vjp(FunctionalTest::cubes, new NDList(x), null, CREATE_GRAPH);
        assertValues(p.outputs().get(0), 35);
        assertValues(grad(p.outputs().get(0), x), 12, 27);
        assertValues(grad(p.product().get(0).sum(), x), 12, 18);
        // Without it, results are numbers.
        NDList product = Functional.vjp(FunctionalTest::cubes, new NDList(x), null).product();
        assertFalse(Autograd.requiresGrad(product.get(0)));
        assertNoGradient(x);
    }

    @Test
    void productOfAVectorWithAHessian() {
        // f = x^2 y has the Hessian (2 y, 2 x; 2 x, 0).
        Function<NDList, NDList> f = in -> new NDList(in.get(0).square().mul(in.get(1)).sum());
        NDList at = new NDList(leaf(3), leaf(5));
        NDList v = new NDList(leaf(1), leaf(10));
        Functional.Product p = Functional.vhp(f, at, v);
        assertValues(p.outputs().get(0), 45);
        assertValues(p.product().get(0), 10 + 60);
        assertValues(p.product().get(1), 6);
    }

    @Test
    void oneNumberNeedsNoDirection() {
        NDList x = at(2);
        assertValues(Functional.vjp(FunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.jvp(FunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.hvp(FunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.vhp(FunctionalTest::cubes, x, null).product().get(0), 12);
    }

    @Test
    void strictRefusesWhatDoesNotDepend() {
        NDList two = new NDList(manager.create(2.0), manager.create(3.0));
        NDArray one = manager.create(1.0);
        Function<NDList, NDList> first = in -> new NDList(in.get(0).square());
        String independent = "but the output does not depend on input 1";
        assertRefusedSaying(independent, () -> Functional.vjp(first, two, null, STRICT));
        assertRefusedSaying(
                "but output 0 does not depend on input 1",
                () -> Functional.jacobian(first, two, STRICT));
        assertRefusedSaying(independent, () -> Functional.hvp(first, two, two, STRICT));
        Function<NDList, NDList> linear = in -> new NDList(in.get(0).add(in.get(1)));
        assertRefusedSaying(
                "but the gradient does not depend on input 0",
                () -> Functional.vhp(linear, two, two, STRICT));
        assertRefusedSaying(
                "but the gradient by input 0 does not depend on input 0",
                () -> Functional.hessian(linear, two, STRICT));
        Function<NDList, NDList> constant = in -> new NDList(in.get(0), one);
        String any = "but output 1 does not depend on any input";
        assertRefusedSaying(any, () -> Functional.jvp(constant, two, two, STRICT));
        assertRefusedSaying(any, () -> Functional.jvp(constant, two, two, STRICT, CREATE_GRAPH));
        assertValues(Functional.jvp(constant, two, two).product().get(1), 0);
        assertValues(Functional.vjp(first, two, null).product().get(1), 0);
    }

    @Test
    void nothingButResultsIsLeftInTheManager() {
        NDManager caller = manager.newSubManager();
        NDList x = new NDList(caller.ones(new Shape(3), DataType.FLOAT64));
        NDList v = new NDList(caller.ones(new Shape(3), DataType.FLOAT64));
        int before = caller.getManagedArrays().size();
        NDList results = new NDList();
        results.addAll(Functional.vjp(FunctionalTest::cubes, x, null).product());
        results.addAll(Functional.jvp(FunctionalTest::cubes, x, v).product());
        results.addAll(Functional.jvp(FunctionalTest::cubes, x, v, CREATE_GRAPH).product());
        results.addAll(Functional.hvp(FunctionalTest::cubes, x, v).product());
        results.addAll(Functional.vhp(FunctionalTest::cubes, x, v).product());
        Functional.jacobian(FunctionalTest::cubes, x).forEach(results::addAll);
        Functional.hessian(FunctionalTest::cubes, x).forEach(results::addAll);
        // And the value of each product.
        assertEquals(before + results.size() + 5, caller.getManagedArrays().size());
        caller.close();
    }

    @Test
    void upstreamOfAnOutputThatDependsOnNothing() {
        NDArray one = at(1, 1).get(0);
        Function<NDList, NDList> f = in -> new NDList(in.get(0).square(), one);
        NDArray dx = Functional.vjp(f, at(1, 2), new NDList(one, one)).product().get(0);
        assertValues(dx, 2, 4);
    }
}
