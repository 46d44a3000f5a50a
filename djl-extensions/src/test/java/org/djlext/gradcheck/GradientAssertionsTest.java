/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.djlext.gradcheck.GradientAssertions.assertGradients;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import ai.djl.training.loss.Loss;
import java.util.function.Function;
import org.djlext.autograd.AutogradFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Assertions pass where gradients are right and were compared, and name inputs otherwise. */
class GradientAssertionsTest extends SeededTest {

    private static String message(Executable assertion) {
        return String.valueOf(assertThrows(AssertionError.class, assertion).getMessage());
    }

    @Test
    void assertionsPassWhereGradientsAreRight() {
        NDArray x = leaf(4, 3);
        assertGradients(Rules.square(Rules::squareRule), x);
        assertGradients(in -> new NDList(in.get(0).tanh()), new NDList(x));
        Block linear = initialized(Linear.builder().setUnits(2).build(), x.getShape());
        assertGradients(linear, new NDList(x));
        assertGradients(
                Loss.l2Loss(),
                new NDList(manager.zeros(x.getShape(), DataType.FLOAT64)),
                new NDList(x));
    }

    @Test
    void assertionsNameTheInputsThatAreWrong() {
        AutogradFunction wrong =
                Rules.product((dy, s) -> new NDList(dy.mul(s.get(1)), dy.mul(s.get(1))));
        String message = message(() -> assertGradients(wrong, leaf(3), leaf(3)));
        assertTrue(message.startsWith("Rule: gradients are WRONG"), message);
        assertTrue(message.contains("failed jacobian: input 1 (b) of shape (3)"), message);
        assertFalse(message.contains("input 0 (a)"), message);
        NDArray named = leaf(3);
        named.setName("temperature");
        Function<NDList, NDList> cut = in -> new NDList(in.get(0).stopGradient());
        message = message(() -> assertGradients(cut, new NDList(named)));
        assertTrue(message.contains("failed jacobian: input 0 (temperature)"), message);
    }

    @Test
    void assertionsFailWhereNothingWasCompared() {
        NDArray empty = manager.create(new Shape(0), DataType.FLOAT64);
        empty.setRequiresGradient(true);
        AutogradFunction square = Rules.square(Rules::squareRule);
        new GradCheck().check(square, empty).assertPassed();
        String message = message(() -> assertGradients(square, empty));
        assertTrue(message.startsWith("Rule: gradients were NOT COMPARED"), message);
        assertTrue(message.contains("not checked jacobian: the inputs that require"), message);
    }
}
