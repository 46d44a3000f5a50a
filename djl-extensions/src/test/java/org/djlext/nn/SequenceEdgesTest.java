/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.autograd.AutogradFunction;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Edges of the operations over time steps, and of the sigmoid. */
class SequenceEdgesTest extends ArrayTest {

    private static final double INF = Double.POSITIVE_INFINITY;

    private static OpCase opCase(String name) {
        return name.equals("rnn") ? SequenceCases.rnn() : SequenceCases.gru();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rnn", "gru"})
    void oneStepAndNoRows(String name) {
        OpCase op = opCase(name);
        NDList inputs = op.inputs().apply(manager);
        NDList one = new NDList(inputs);
        one.set(0, inputs.get(0).get(":1"));
        Gradients.assertSame(op::manual, op::engine, one, new Tolerance(1e-12, 1e-12));
        NDArray[] leaves = Gradients.leaves(one).toArray(NDArray[]::new);
        new GradCheck().gradGradCheck(op.function(), leaves).assertPassed();

        NDList none = new NDList(inputs);
        none.set(0, random(4, 0, 3));
        none.set(1, random(0, 5));
        NDList empty = Gradients.run(op::manual, none, manager.create(1.0));
        assertEquals(new Shape(4, 0, 5), empty.get(0).getShape());
        assertEquals(0, empty.get(3).abs().sum().getDouble());
    }

    @Test
    void shapesThatDoNotFitAreNamed() {
        String must =
                "Function takes x of shape (T, B, C) with at least one step, start of shape (B, H),"
                        + " weights of shape (C + H, H) and biases of shape (H), but got ";
        assertEquals(
                "Rnn" + must + "(4, 2, 3), (2, 5) and [(5, 8), (5)]",
                message(new RnnFunction(), random(4, 2, 3), random(2, 5), random(5, 8), random(5)));
        assertEquals(
                "Rnn" + must + "(0, 2, 3), (2, 5) and [(8, 5), (5)]",
                message(new RnnFunction(), random(0, 2, 3), random(2, 5), random(8, 5), random(5)));
        NDList gru = SequenceCases.gru().inputs().apply(manager);
        gru.set(1, random(3, 5));
        assertEquals(
                "Gru" + must + "(4, 2, 3), (3, 5) and [(8, 5), (5), (8, 5), (5), (8, 5), (5)]",
                message(new GruFunction(), gru.toArray(NDArray[]::new)));
        assertEquals(
                "causal mean takes x of shape (.., T, C), but got (3)",
                message(new CausalMeanFunction(), random(3)));
    }

    private static String message(AutogradFunction function, NDArray... inputs) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> function.apply(inputs));
        return String.valueOf(e.getMessage());
    }

    @Test
    void causalMeanOfNoStepOfOneAndOfHalves() {
        CausalMeanFunction f = new CausalMeanFunction();
        assertEquals(new Shape(2, 0, 3), f.apply(random(2, 0, 3)).getShape());
        NDArray one = random(1, 3);
        assertEquals(one, f.apply(one));
        // The sum of 40 such numbers is no float16.
        NDArray large = manager.full(new Shape(40, 1), 60000f).toType(DataType.FLOAT16, false);
        NDArray y = f.apply(large).toType(DataType.FLOAT32, false);
        assertEquals(60000, y.min().getFloat(), 32);
        assertEquals(60000, y.max().getFloat(), 32);
    }

    @Test
    void sigmoidSaturates() {
        NDArray x = manager.create(new double[] {-INF, -800, -30, 0, 800, INF});
        NDList r =
                Gradients.run(
                        in -> new SigmoidFunction().apply(in).get(0),
                        new NDList(x),
                        manager.create(1.0));
        double small = Math.exp(-30);
        assertArrayEquals(
                new double[] {0, 0, small, 0.5, 1, 1}, r.get(0).toDoubleArray(), 1e-12 * small);
        assertArrayEquals(
                new double[] {0, 0, small, 0.25, 0, 0}, r.get(1).toDoubleArray(), 1e-12 * small);
    }

    @Test
    void siluOfLargeNumbersIsTheLine() {
        for (DataType type : new DataType[] {DataType.FLOAT16, DataType.FLOAT32}) {
            NDArray x = manager.create(new float[] {-60000, -200, 200, 60000}).toType(type, false);
            NDList r =
                    Gradients.run(
                            in -> new SiluFunction().apply(in).get(0),
                            new NDList(x),
                            manager.create(1f).toType(type, false));
            assertEquals(x.maximum(0), r.get(0).abs());
            float[] slopes = r.get(1).toType(DataType.FLOAT32, false).toFloatArray();
            assertArrayEquals(new float[] {0, 0, 1, 1}, slopes, 1e-30f);
        }
    }
}
