/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.djlext.micrograd.Value;
import org.junit.jupiter.api.Test;

/** The first half of the lecture: its printed numbers, from 00:01 to 01:44. */
class ExpressionExamplesTest {

    private final Printed out = new Printed();

    @Test
    void readmeExpression() {
        ReadmeExpression.run(out.output());
        assertEquals("24.7041\n138.8338\n645.5773\n", out.text());
    }

    @Test
    void derivative() {
        Derivative.Result result = Derivative.run(out.output());
        assertEquals(20, result.atThree());
        assertEquals(40, result.onArray().size());
        assertEquals(100, result.onArray().get(0));
        assertAll(List.of(14.0, -22.0, 0.0), result.slopes(), 0.004);
        assertEquals(14.00300000000243, result.slopes().get(0));
        // Better down to 1e-8, then worse, and in the end x + h is x.
        assertTrue(error(result, 8) < error(result, 4));
        assertTrue(error(result, 14) > error(result, 4));
        assertEquals(14, error(result, 16));
    }

    private static double error(Derivative.Result result, int digits) {
        return Math.abs(result.byNudge().get(digits - 1) - 14);
    }

    @Test
    void threeInputs() {
        List<ThreeInputs.Bump> bumps = ThreeInputs.run(out.output());
        assertEquals(4, bumps.get(0).before());
        assertEquals(3.999699999999999, bumps.get(0).after());
        assertAll(
                List.of(-3.0, 2.0, 1.0),
                bumps.stream().map(ThreeInputs.Bump::slope).toList(),
                1e-9);
    }

    @Test
    void valueBasics() {
        List<Value> values = ValueBasics.run(out.output());
        assertEquals(
                List.of(-1.0, -6.0, 4.0, 3.0, 4.0, 4.0, 0.5),
                values.stream().map(v -> v.data).toList());
        assertTrue(out.text().contains("a + b      Value(data=-1.0)\n"));
    }

    @Test
    void manualBackprop() {
        ManualBackprop.Result result = ManualBackprop.run(out.output());
        assertEquals(-8, result.loss());
        assertEquals(List.of(1.0, -2.0, 4.0, -2.0, -2.0, 6.0, -4.0), result.byHand());
        assertAll(result.byHand(), result.byNudge(), 1e-9);
        assertEquals(-7.286496, result.afterStep(), 5e-7);
    }

    @Test
    void neuronBackprop() {
        NeuronBackprop.Result result = NeuronBackprop.run(out.output());
        assertEquals(0.8814, result.n(), 5e-5);
        assertEquals(0.7071, result.o(), 5e-5);
        assertAll(List.of(-1.5, 1.0, 0.5, 0.0, 0.5), result.byHand(), 1e-12);
        assertEquals(result.byHand(), result.stepByStep());
        assertEquals(result.byHand(), result.automatic());
        assertEquals("o", result.order().get(9));
        assertTrue(result.order().indexOf("n") > result.order().indexOf("x1w1 + x2w2"));
    }

    @Test
    void gradientAccumulation() {
        GradientAccumulation.Result result = GradientAccumulation.run(out.output());
        assertEquals(1, result.wrongSum());
        assertEquals(2, result.rightSum());
        assertEquals(List.of(-3.0, -8.0), result.rightProduct());
        assertTrue(!result.wrongProduct().equals(result.rightProduct()));
    }

    @Test
    void decomposedTanh() {
        DecomposedTanh.Result result = DecomposedTanh.run(out.output());
        assertEquals(result.whole(), result.decomposed(), 1e-15);
        assertAll(result.wholeGradients(), result.decomposedGradients(), 1e-14);
        assertTrue(result.nodes().get(1) > result.nodes().get(0));
    }

    @Test
    void neuronInDjlHasPyTorchsDigits() {
        NeuronInDjl.Result result = NeuronInDjl.run(out.output());
        assertEquals(0.7071066904050358, result.o(), 1e-15);
        assertAll(
                List.of(-1.5000003851533106, 1.0000002567688737, 0.5000001283844369, 0.0),
                result.gradients(),
                1e-14);
        assertEquals("(2, 3)", result.shape().toString());
    }

    private static void assertAll(List<Double> expected, List<Double> actual, double tolerance) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i), actual.get(i), tolerance, "element " + i);
        }
    }
}
