/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.djlext.testing.FiniteDifferences;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
        return new NDList(TestFunctions.square().apply(in.get(0).matMul(in.get(1)).tanh()));
    }

    private static NDArray dot(NDArray a, NDArray b) {
        return a.mul(b).sum();
    }

    @Test
    void vjpIsTheGradientOfTheProduct() {
        NDArray v = manager.create(new double[] {0.7, -2}, new Shape(1, 2));
        Functional.Product p =
                Functional.vjp(FunctionalTest::layer, new NDList(x, w), new NDList(v));
        assertArrayEquals(
                FiniteDifferences.gradient(x, a -> dot(layer(new NDList(a, w)).get(0), v))
                        .toDoubleArray(),
                p.product().get(0).toDoubleArray(),
                1e-8);
        assertArrayEquals(
                FiniteDifferences.gradient(w, a -> dot(layer(new NDList(x, a)).get(0), v))
                        .toDoubleArray(),
                p.product().get(1).toDoubleArray(),
                1e-8);
        assertEquals(layer(new NDList(x, w)).get(0), p.outputs().get(0));
        assertFalse(Autograd.requiresGrad(p.outputs().get(0)));
        assertFalse(x.hasGradient());
    }

    @Test
    void jvpIsTheDerivativeInADirection() {
        NDArray dx = manager.create(new double[] {1, -0.5, 0.2}, new Shape(1, 3));
        NDArray dw = manager.create(new double[] {0.1, 0, -0.3, 1, 0.4, -1}, new Shape(3, 2));
        Functional.Product p =
                Functional.jvp(FunctionalTest::layer, new NDList(x, w), new NDList(dx, dw));
        double h = 1e-6;
        NDArray above = layer(new NDList(x.add(dx.mul(h)), w.add(dw.mul(h)))).get(0);
        NDArray below = layer(new NDList(x.sub(dx.mul(h)), w.sub(dw.mul(h)))).get(0);
        assertArrayEquals(
                above.sub(below).div(2 * h).toDoubleArray(),
                p.product().get(0).toDoubleArray(),
                1e-8);
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
        Function<NDList, NDList> f =
                in -> new NDList(TestFunctions.square().apply(in.get(0).matMul(w)).sum());
        NDArray want = w.matMul(w.transpose()).mul(2);
        List<NDList> h = Functional.hessian(f, new NDList(x));
        assertEquals(new Shape(1, 3, 1, 3), h.get(0).get(0).getShape());
        assertArrayEquals(want.toDoubleArray(), h.get(0).get(0).toDoubleArray(), 1e-12);
        NDArray v = manager.create(new double[] {1, -2, 0.5}, new Shape(1, 3));
        Functional.Product p = Functional.hvp(f, new NDList(x), new NDList(v));
        assertArrayEquals(
                v.matMul(want).toDoubleArray(), p.product().get(0).toDoubleArray(), 1e-12);
    }

    @Test
    void hessianOfALinearFunctionIsZero() {
        List<NDList> h = Functional.hessian(in -> new NDList(in.get(0).sum()), new NDList(x));
        assertEquals(manager.zeros(new Shape(1, 3, 1, 3), DataType.FLOAT64), h.get(0).get(0));
    }

    @Test
    void hessianNeedsAScalar() {
        assertFailsSaying(
                IllegalArgumentException.class,
                () -> Functional.hessian(FunctionalTest::layer, new NDList(x, w)),
                "it returned an array of shape (1, 2)");
    }

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
                                in -> Functional.vjp(FunctionalTest::cubes, in, null).product(), x)
                        .get(0)
                        .get(0);
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
                Functional.vjp(FunctionalTest::cubes, new NDList(x), null, true, false);
        assertValues(p.outputs().get(0), 35);
        assertValues(grad(p.outputs().get(0), x), 12, 27);
        assertValues(grad(p.product().get(0).sum(), x), 12, 18);
        // Without it, results are numbers.
        assertFalse(
                Autograd.requiresGrad(
                        Functional.vjp(FunctionalTest::cubes, new NDList(x), null)
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
        assertValues(Functional.vjp(FunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.jvp(FunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.hvp(FunctionalTest::cubes, x, null).product().get(0), 12);
        assertValues(Functional.vhp(FunctionalTest::cubes, x, null).product().get(0), 12);
        assertRefused(
                "jvp takes scalars where no direction is given, but got an array of shape (2); give"
                        + " one of that shape",
                () -> Functional.jvp(FunctionalTest::cubes, at(2, 3), null));
        assertRefused(
                "vjp takes scalars where no upstream gradient is given, but got an array of shape"
                        + " (2); give one of that shape",
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
        results.addAll(Functional.vjp(FunctionalTest::cubes, x, null).product());
        results.addAll(Functional.jvp(FunctionalTest::cubes, x, v).product());
        results.addAll(Functional.jvp(FunctionalTest::cubes, x, v, true, false).product());
        results.addAll(Functional.hvp(FunctionalTest::cubes, x, v).product());
        results.addAll(Functional.vhp(FunctionalTest::cubes, x, v).product());
        Functional.jacobian(FunctionalTest::cubes, x).forEach(results::addAll);
        Functional.hessian(FunctionalTest::cubes, x).forEach(results::addAll);
        // And the value of each product.
        assertEquals(before + results.size() + 5, caller.getManagedArrays().size());
        caller.close();
    }

    /** Fails unless the directions are refused with the words. */
    private static void assertDirectionsRefused(NDList inputs, NDList v, String... words) {
        Function<NDList, NDList> f = in -> new NDList(in.get(0).mul(in.get(1)).sum());
        for (Runnable product :
                List.<Runnable>of(
                        () -> Functional.jvp(f, inputs, v), () -> Functional.hvp(f, inputs, v))) {
            Exception e = assertThrows(IllegalArgumentException.class, product::run);
            for (String word : words) {
                assertTrue(String.valueOf(e.getMessage()).contains(word), e.getMessage());
            }
        }
    }

    @Test
    void directionsMustHaveTheShapesOfTheInputs() {
        NDList inputs =
                new NDList(
                        manager.create(new double[] {1, 2}), manager.create(new double[] {3, 4}));
        NDArray right = manager.ones(new Shape(2), inputs.get(0).getDataType());
        NDArray wrong = manager.ones(new Shape(3), inputs.get(0).getDataType());
        assertDirectionsRefused(inputs, new NDList(), "0", "2");
        assertDirectionsRefused(inputs, new NDList(right), "1", "2");
        assertDirectionsRefused(inputs, new NDList(right, right, right), "3", "2");
        assertDirectionsRefused(inputs, new NDList(right, wrong), "(2)", "(3)");
        assertDirectionsRefused(inputs, new NDList(Arrays.asList(right, null)), "no direction");
    }

    @Test
    void upstreamOfAProductMustHaveTheShapesOfTheOutputs() {
        NDList inputs = new NDList(manager.create(new double[] {1, 2}));
        NDArray one = manager.ones(new Shape(2), inputs.get(0).getDataType());
        NDArray three = manager.ones(new Shape(3), inputs.get(0).getDataType());
        // The second output depends on nothing: it is checked all the same.
        Function<NDList, NDList> f = in -> new NDList(in.get(0).square(), one);
        for (NDList v :
                List.of(
                        new NDList(),
                        new NDList(one),
                        new NDList(one, one, one),
                        new NDList(three, one),
                        new NDList(one, three),
                        new NDList(Arrays.asList(null, one)),
                        new NDList(Arrays.asList(one, null)))) {
            assertThrows(IllegalArgumentException.class, () -> Functional.vjp(f, inputs, v));
        }
        NDArray dx = Functional.vjp(f, inputs, new NDList(one, one)).product().get(0);
        assertValues(dx, 2, 4);
    }
}
