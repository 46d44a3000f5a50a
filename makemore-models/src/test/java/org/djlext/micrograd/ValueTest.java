/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.djlext.micrograd.Reflected.add;
import static org.djlext.micrograd.Reflected.div;
import static org.djlext.micrograd.Reflected.mul;
import static org.djlext.micrograd.Reflected.sub;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine against numbers of the lecture, differences, and its own promises. */
class ValueTest {

    /** The expression of the published README. */
    private static Value readme(Value a, Value b) {
        Value c = a.add(b);
        Value d = a.mul(b).add(b.pow(3));
        c = c.add(c.add(1));
        c = c.add(add(1, c).add(a.neg()));
        d = d.add(d.mul(2).add(b.add(a).relu()));
        d = d.add(mul(3, d).add(b.sub(a).relu()));
        Value e = c.sub(d);
        Value f = e.pow(2);
        return f.div(2).add(div(10, f));
    }

    @Test
    void theReadmeExpressionHasTheNumbersOfTheReadme() {
        Value a = new Value(-4);
        Value b = new Value(2);
        Value g = readme(a, b);
        g.backward();
        assertEquals(24.7041, g.data, 5e-5);
        assertEquals(138.8338, a.grad, 5e-5);
        assertEquals(645.5773, b.grad, 5e-5);
    }

    @Test
    void aNeuronHasTheGradientsOfTheLecture() {
        Value x1 = new Value(2);
        Value x2 = new Value(0);
        Value w1 = new Value(-3);
        Value w2 = new Value(1);
        Value b = new Value(6.881373587019543);
        Value o = x1.mul(w1).add(x2.mul(w2)).add(b).tanh();
        o.backward();
        assertEquals(0.7071, o.data, 5e-5);
        assertEquals(List.of(-1.5, 1.0, 0.5, 0.0, 0.5), rounded(x1, w1, x2, w2, b));
    }

    private static List<Double> rounded(Value... values) {
        return Stream.of(values).map(v -> Math.rint(v.grad * 1e10) / 1e10).toList();
    }

    static Stream<Arguments> operations() {
        return Stream.of(
                operation("add", x -> x.add(mul(3, x))),
                operation("constants", x -> sub(2, x.add(1).sub(3).mul(5).div(7))),
                operation("reflected div", x -> div(2, x)),
                operation("mul", x -> x.mul(x.add(0.3))),
                operation("sub", x -> x.sub(x.mul(x))),
                operation("div", x -> x.div(x.add(0.7))),
                operation("neg", x -> x.neg()),
                operation("pow 2", x -> x.pow(2)),
                operation("pow -1", x -> x.pow(-1)),
                operation("pow 2.5", x -> x.pow(2.5)),
                operation("exp", x -> x.exp()),
                operation("log", x -> x.log()),
                operation("tanh", x -> x.tanh()),
                operation("relu", x -> x.sub(1).relu()),
                operation("sigmoid", x -> x.sigmoid()));
    }

    private static Arguments operation(String name, UnaryOperator<Value> f) {
        return Arguments.of(name, f);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("operations")
    void eachDerivativeIsTheSlope(String name, UnaryOperator<Value> f) {
        for (double at : new double[] {0.37, 1.9}) {
            Value x = new Value(at);
            f.apply(x).backward();
            double h = 1e-6;
            double rise = f.apply(new Value(at + h)).data - f.apply(new Value(at - h)).data;
            double slope = rise / (2 * h);
            assertTrue(
                    Math.abs(x.grad - slope) <= 1e-8 * (1 + Math.abs(slope)),
                    name + " at " + at + ": derivative " + x.grad + ", slope " + slope);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("operations")
    void eachOperationAddsToTheGradient(String name, UnaryOperator<Value> f) {
        Value x = new Value(1.9);
        f.apply(x).backward();
        double once = x.grad;
        f.apply(x).backward();
        assertTrue(once != 0, name);
        assertEquals(2 * once, x.grad, 1e-15 * Math.abs(once), name);
    }

    @Test
    void aNodeThatIsUsedTwiceGetsBothGradients() {
        Value a = new Value(3);
        a.add(a).backward();
        assertEquals(2, a.grad);

        Value c = new Value(-2);
        Value d = new Value(3);
        c.mul(d).mul(c.add(d)).backward();
        assertEquals(-3, c.grad);
        assertEquals(-8, d.grad);
    }

    @Test
    void backwardAddsToWhatIsThere() {
        Value a = new Value(3);
        Value b = a.mul(2);
        b.backward();
        b.backward();
        assertEquals(4, a.grad);
        // The inner nodes add up too, so a second pass over the same graph has to start from zero.
        Value d = a.mul(2);
        Value e = d.mul(1);
        a.grad = 0;
        e.backward();
        e.backward();
        assertEquals(6, a.grad);
    }

    @Test
    void topologicalOrderPutsChildrenFirstAndTheRootLast() {
        Value a = new Value(-4);
        Value g = readme(a, new Value(2));
        List<Value> order = g.topologicalOrder();
        assertSame(g, order.get(order.size() - 1));
        for (int i = 0; i < order.size(); i++) {
            assertTrue(order.subList(0, i).containsAll(order.get(i).children()));
        }
        assertEquals(order.size(), Stream.of(order.toArray()).distinct().count());
        assertEquals(order, g.topologicalOrder());
    }

    @Test
    void nodesTellWhatTheyAreMadeOf() {
        Value a = new Value(2, "a");
        Value b = new Value(-3, "b");
        Value sum = a.mul(b).add(10);
        assertEquals("Value(data=4.0)", sum.toString());
        assertEquals("+", sum.op());
        assertEquals("*", sum.children().get(0).op());
        assertEquals(List.of(a, b), sum.children().get(0).children());
        assertEquals(List.of(a), a.add(a).children());
        assertEquals("", a.op());
        assertEquals("**-1", b.pow(-1).op());
        assertEquals("**0.5", a.pow(0.5).op());
    }

    @Test
    void thePowerZeroIsFlatEverywhere() {
        for (double at : new double[] {0, -2, Double.POSITIVE_INFINITY}) {
            Value x = new Value(at);
            Value y = x.pow(0);
            y.backward();
            assertEquals(1, y.data);
            assertEquals(0, x.grad); // as in PyTorch; 0 x^-1 is NaN at 0
        }
    }

    @Test
    void nanAndInfinityAreNotHidden() {
        Value nan = new Value(Double.NaN);
        Value w = new Value(1);
        w.mul(nan).relu().backward();
        assertTrue(Double.isNaN(w.grad), "relu must not stop NaN");
        assertTrue(Double.isNaN(nan.relu().data));

        Value zero = new Value(0);
        Value log = zero.log();
        log.backward();
        assertEquals(Double.NEGATIVE_INFINITY, log.data);
        assertEquals(Double.POSITIVE_INFINITY, zero.grad);
        assertTrue(Double.isNaN(new Value(-1).log().data));

        Value large = new Value(1000);
        Value squashed = large.tanh().add(large.sigmoid());
        squashed.backward();
        assertEquals(2, squashed.data);
        assertEquals(0, large.grad);
        assertEquals(0, new Value(-1000).sigmoid().data);
    }
}
