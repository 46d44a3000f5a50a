/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Function;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.FiniteDifferences;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Products with Jacobians and Hessians, against finite differences and matrices worked by hand. */
class FunctionalTest extends ArrayTest {

    private NDArray x;
    private NDArray w;

    @BeforeEach
    void open() {
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
}
