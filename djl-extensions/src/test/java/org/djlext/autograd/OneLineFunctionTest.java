/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.gradcheck.GradCheck;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

/** Operations of two lambdas. */
class OneLineFunctionTest extends ArrayTest {

    private static final AutogradFunction SQUARE =
            AutogradFunction.of("square", x -> x.mul(x), (x, dy) -> dy.mul(x.mul(2)));

    private NDArray leaf(double... values) {
        NDArray x = manager.create(values);
        x.setRequiresGradient(true);
        return x;
    }

    @Test
    void firstAndSecondDerivativesAreRight() {
        NDArray x = leaf(-1.5, 0, 2);
        try (Autograd.Scope recorded = Autograd.enableGrad()) {
            NDList gradient = Autograd.grad(new NDList(SQUARE.apply(x).sum()), new NDList(x));
            assertArrayEquals(new double[] {-3, 0, 4}, gradient.get(0).toDoubleArray());
        }
        GradCheck.builder().build().gradGradCheck(SQUARE, x).assertPassed();
        assertEquals("square", SQUARE.toString());
    }

    @Test
    void aGradientOfAnotherShapeIsRefusedByName() {
        AutogradFunction wrong = AutogradFunction.of("wrong", x -> x.mul(x), (x, dy) -> dy.sum());
        NDArray x = leaf(1, 2);
        try (Autograd.Scope recorded = Autograd.enableGrad()) {
            NDArray loss = wrong.apply(x).sum();
            EngineException e =
                    assertThrows(
                            EngineException.class,
                            () -> Autograd.grad(new NDList(loss), new NDList(x)));
            assertEquals(
                    true,
                    ("" + e.getMessage()).contains("wrong.backward: the gradient of input 0 (x)"),
                    e.getMessage());
        }
    }
}
