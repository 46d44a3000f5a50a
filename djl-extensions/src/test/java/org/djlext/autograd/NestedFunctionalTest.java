/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertRefused;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Derivatives of derivatives, and what results are connected to; worked by hand. */
class NestedFunctionalTest extends GraphTestBase {

    private static NDList cubes(NDList in) {
        return new NDList(TestFunctions.square().apply(in.get(0)).mul(in.get(0)).sum());
    }

    private NDList at(double... values) {
        return new NDList(manager.create(values));
    }

    @Test
    void jacobianOfAGradientIsTheHessian() {
        NDList x = at(2, -3);
        NDArray h =
                Functional.jacobian(
                                in ->
                                        Functional.vjp(NestedFunctionalTest::cubes, in, null)
                                                .product(),
                                x)
                        .get(0)
                        .get(0);
        // d^2 x^3 = 6 x
        assertValues(h, 12, 0, 0, -18);
        assertEquals(Functional.hessian(NestedFunctionalTest::cubes, x).get(0).get(0), h);
        assertFalse(Autograd.requiresGrad(h));
    }

    @Test
    void hessianOfAJacobianAndFourDerivatives() {
        // The Jacobian of x^3, as a sum, is 3 x^2, whose Hessian is 6.
        Function<NDList, NDList> sumOfJacobian =
                in ->
                        new NDList(
                                Functional.jacobian(y -> new NDList(cubes(y).get(0).reshape(1)), in)
                                        .get(0)
                                        .get(0)
                                        .sum());
        assertValues(Functional.hessian(sumOfJacobian, at(2, -3)).get(0).get(0), 6, 0, 0, 6);
        // x^5 by products: four times by x in the direction 1 it is 120 x.
        Function<NDList, NDList> fifth = in -> new NDList(in.get(0).pow(5));
        Function<NDList, NDList> f = fifth;
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
                        Functional.hvp(f, x, v, true, false).product().get(0),
                        Functional.vhp(f, x, v, true, false).product().get(0))) {
            assertValues(product, 60, 90);
            assertValues(grad(product.sum(), a), 30);
        }
        NDArray hessian = Functional.hessian(f, x, true, false).get(0).get(0);
        assertValues(grad(hessian.sum(), a), 30);
        NDArray jacobian = Functional.jacobian(f, x, true, false).get(0).get(0);
        assertValues(jacobian, 60, 135);
        assertValues(grad(jacobian.sum(), a), 39);
        NDArray jv = Functional.jvp(f, x, v, true, false).product().get(0);
        assertValues(grad(jv, a), 39);
    }

    @Test
    void createGraphConnectsToTheInputs() {
        NDArray x = leaf(2, 3);
        Functional.Product p =
                Functional.vjp(NestedFunctionalTest::cubes, new NDList(x), null, true, false);
        assertValues(p.outputs().get(0), 35);
        assertValues(grad(p.outputs().get(0), x), 12, 27);
        assertValues(grad(p.product().get(0).sum(), x), 12, 18);
        // Without it, results are numbers.
        assertFalse(
                Autograd.requiresGrad(
                        Functional.vjp(NestedFunctionalTest::cubes, new NDList(x), null)
                                .product()
                                .get(0)));
        assertFalse(hasGradient(x));
    }

    private static boolean hasGradient(NDArray x) {
        try {
            Autograd.gradient(x);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    @Test
    void productOfAVectorWithAHessian() {
        // f = x^2 y has the Hessian (2 y, 2 x; 2 x, 0).
        Function<NDList, NDList> f = in -> new NDList(in.get(0).square().mul(in.get(1)).sum());
        NDList at = new NDList(manager.create(new double[] {3}), manager.create(new double[] {5}));
        NDList v = new NDList(manager.create(new double[] {1}), manager.create(new double[] {10}));
        Functional.Product p = Functional.vhp(f, at, v);
        assertValues(p.outputs().get(0), 45);
        assertValues(p.product().get(0), 10 + 60);
        assertValues(p.product().get(1), 6);
    }

    @Test
    void oneNumberNeedsNoDirection() {
        NDList x = at(2);
        assertValues(Functional.vjp(NestedFunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.jvp(NestedFunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.hvp(NestedFunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.vhp(NestedFunctionalTest::cubes, x, null).product().get(0), 12);
        assertRefused(
                "jvp needs v unless there is one input of one number, but got null for shape (2)",
                () -> Functional.jvp(NestedFunctionalTest::cubes, at(2, 3), null));
        assertRefused(
                "vjp needs v unless there is one output of one number, but got null for shape (2)",
                () -> Functional.vjp(in -> new NDList(in.get(0).exp()), at(2, 3), null));
    }

    @Test
    void strictRefusesWhatDoesNotDepend() {
        NDList two = new NDList(manager.create(2.0), manager.create(3.0));
        NDArray one = manager.create(1.0);
        Function<NDList, NDList> first = in -> new NDList(in.get(0).square());
        String independent = "but the output does not depend on input 1";
        assertRefusedSaying(independent, () -> Functional.vjp(first, two, null, false, true));
        assertRefusedSaying(
                "but output 0 does not depend on input 1",
                () -> Functional.jacobian(first, two, false, true));
        assertRefusedSaying(independent, () -> Functional.hvp(first, two, two, false, true));
        Function<NDList, NDList> linear = in -> new NDList(in.get(0).add(in.get(1)));
        assertRefusedSaying(
                "but the gradient does not depend on input 0",
                () -> Functional.vhp(linear, two, two, false, true));
        assertRefusedSaying(
                "but the gradient by input 0 does not depend on input 0",
                () -> Functional.hessian(linear, two, false, true));
        Function<NDList, NDList> constant = in -> new NDList(in.get(0), one);
        for (boolean createGraph : new boolean[] {false, true}) {
            assertRefusedSaying(
                    "but output 1 does not depend on any input",
                    () -> Functional.jvp(constant, two, two, createGraph, true));
        }
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
        results.addAll(Functional.vjp(NestedFunctionalTest::cubes, x, null).product());
        results.addAll(Functional.jvp(NestedFunctionalTest::cubes, x, v).product());
        results.addAll(Functional.jvp(NestedFunctionalTest::cubes, x, v, true, false).product());
        results.addAll(Functional.hvp(NestedFunctionalTest::cubes, x, v).product());
        results.addAll(Functional.vhp(NestedFunctionalTest::cubes, x, v).product());
        Functional.jacobian(NestedFunctionalTest::cubes, x).forEach(results::addAll);
        Functional.hessian(NestedFunctionalTest::cubes, x).forEach(results::addAll);
        // And the value of each product.
        assertEquals(before + results.size() + 5, caller.getManagedArrays().size());
        caller.close();
    }
}
