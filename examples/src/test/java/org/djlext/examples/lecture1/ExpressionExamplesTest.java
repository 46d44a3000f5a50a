/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.djlext.examples.lecture.Printed;
import org.junit.jupiter.api.Test;

/** The first half of the lecture: its printed numbers, from 00:01 to 01:44. */
class ExpressionExamplesTest {

    private final Printed out = new Printed();

    @Test
    void readmeExpression() {
        ValueBasics.readme(out);
        assertEquals("24.7041\n138.8338\n645.5773\n", out.text());
    }

    @Test
    void derivative() {
        Derivative.run(out);
        assertEquals(20, out.number("f(3.0)"));
        assertEquals(100, out.numbers("f on [-5, 5)").get(0));
        assertEquals(14.00300000000243, out.number("slope for h"));
        assertEquals(-22, out.number("at -3"), 0.004);
        assertEquals(0, out.number("at 2/3"), 0.004);
        // Better down to 1e-8, then worse, and in the end x + h is x.
        assertTrue(error(8) < error(4));
        assertTrue(error(14) > error(4));
        assertEquals(14, error(16));
    }

    private double error(int digits) {
        return Math.abs(out.number("h = 1e-%-2d ".formatted(digits)) - 14);
    }

    @Test
    void threeInputs() {
        Derivative.threeInputs(out);
        List<Double> numbers = out.numbers("  slope "); // d1, d2 and the slope for each input
        assertEquals(4, numbers.get(0));
        assertEquals(3.999699999999999, numbers.get(1));
        assertAll(
                List.of(-3.0, 2.0, 1.0),
                List.of(numbers.get(2), numbers.get(5), numbers.get(8)),
                1e-9);
    }

    @Test
    void valueBasics() {
        ValueBasics.run(out);
        assertContains(
                out.text(),
                "a + b      Value(data=-1.0)",
                "a * b      Value(data=-6.0)",
                "a * b + c  Value(data=4.0)",
                "a + 1      Value(data=3.0)",
                "2 * a      Value(data=4.0)",
                "a / 4      Value(data=0.5)");
    }

    @Test
    void manualBackprop() {
        ManualBackprop.run(out);
        assertEquals(-8, out.number("L = (a*b + c) * f"));
        double[] gradients = {1, -2, 4, -2, -2, 6, -4}; // of L, d, f, c, e, a, b
        for (int i = 0; i < gradients.length; i++) {
            assertEquals(gradients[i], out.numbers("by nudging").get(2 * i));
            assertEquals(gradients[i], out.numbers("by nudging").get(2 * i + 1), 1e-9);
        }
        assertEquals(-7.286496, out.number("after a step"), 5e-7);
    }

    @Test
    void neuronBackprop() {
        NeuronBackprop.run(out);
        assertAll(List.of(0.8814, 0.7071), out.numbers("o = tanh(n)"), 5e-5);
        // Three times alike: by hand, node by node, by itself.
        assertAll(List.of(-1.5, 1.0, -1.5, 1.0, -1.5, 1.0), out.numbers("  x1 "), 1e-12);
        assertAll(
                List.of(0.5, 0.0, 0.5, 0.5, 0.0, 0.5, 0.5, 0.0, 0.5), out.numbers("  x2 "), 1e-12);
        assertTrue(out.text().matches("(?s).*\\[.*x1w1 \\+ x2w2, .*n, o\\]\n.*"), out.text());
    }

    @Test
    void gradientAccumulation() {
        GradientAccumulation.run(out);
        assertEquals(List.of(1.0), out.numbers("b = a + a"));
        assertEquals(List.of(2.0, -3.0, -8.0), out.numbers("added up"));
        assertNotEquals(List.of(-3.0, -8.0), out.numbers("f = (a*b)"));
    }

    @Test
    void decomposedTanh() {
        NeuronBackprop.decomposedTanh(out);
        List<Double> whole = out.numbers("as one node");
        List<Double> parts = out.numbers("of exp and /");
        assertEquals(whole.get(0), parts.get(0), 1e-15);
        assertTrue(parts.get(1) > whole.get(1));
        assertAll(List.of(-1.5, 1.0, -1.5, 1.0), out.numbers("  x1 "), 1e-14);
        assertAll(List.of(0.5, 0.0, 0.5, 0.5, 0.0, 0.5), out.numbers("  x2 "), 1e-14);
    }

    @Test
    void neuronInDjlHasPyTorchsDigits() {
        NeuronInDjl.run(out);
        assertEquals(0.7071066904050358, out.number("o = "), 1e-15);
        assertAll(List.of(0.5000001283844369, 0.0), out.numbers("x2 "), 1e-14);
        assertAll(List.of(-1.5000003851533106, 1.0000002567688737), out.numbers("x1 "), 1e-14);
        assertContains(out.text(), "(2, 3)");
    }

    static void assertAll(List<Double> expected, List<Double> actual, double tolerance) {
        assertEquals(expected.size(), actual.size(), actual::toString);
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i), actual.get(i), tolerance, "element " + i);
        }
    }
}
