/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is particular to single operations: edges, extreme values, and mistakes of the caller. */
class OperationEdgesTest extends ArrayTest {

    private static final double INF = Double.POSITIVE_INFINITY;

    /** The output and the gradients for the sum of the output. */
    private NDList run(AutogradFunction function, NDArray... inputs) {
        return Gradients.run(
                in -> function.apply(in).get(0), new NDList(inputs), manager.create(1.0));
    }

    private static String message(AutogradFunction function, NDArray... inputs) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> function.apply(inputs));
        return String.valueOf(e.getMessage());
    }

    @Test
    void linearOfOneRowWithoutBias() {
        NDArray x = random(4);
        NDArray w = random(4, 3);
        NDList one = run(new LinearFunction(), x, w);
        assertEquals(new Shape(3), one.get(0).getShape());
        GradientTable table = new GradientTable(new Tolerance(1e-12, 1e-12));
        table.compare("y", one.get(0), x.reshape(1, 4).matMul(w).reshape(3));
        table.compare("x", one.get(1), w.sum(new int[] {1}));
        table.compare("w", one.get(2), x.reshape(4, 1).broadcast(new Shape(4, 3)));
        table.assertApproximate();
    }

    @Test
    void linearNamesShapesThatDoNotFit() {
        NDArray x = random(5, 4);
        assertEquals(
                "linear takes x of shape (.., in) and w of shape (in, out), but got (5, 4) and"
                        + " (3, 4); a weight of PyTorch's nn.Linear has to be transposed",
                message(new LinearFunction(), x, random(3, 4)));
        assertEquals(
                "linear with w of shape (4, 3) takes b of shape (3), but got (1, 3)",
                message(new LinearFunction(), x, random(4, 3), random(1, 3)));
    }

    @Test
    void reluAtZeroInfinityAndNaN() {
        NDArray x = manager.create(new double[] {-INF, -1, 0, 1, INF, Double.NaN});
        NDList inputs = new NDList(x);
        ReluFunction f = new ReluFunction();
        NDList r = Gradients.run(in -> f.apply(in).get(0), inputs, manager.create(INF));
        double nan = Double.NaN;
        assertArrayEquals(new double[] {0, 0, 0, 1, INF, nan}, r.get(0).toDoubleArray());
        assertArrayEquals(new double[] {0, 0, 0, INF, INF, INF}, r.get(1).toDoubleArray());
    }

    @Test
    void geluAndSiluOfLargeNumbersAreTheLineInHalvesToo() {
        float[] x = {-60000, -300, 300, 60000};
        for (DataType type : new DataType[] {DataType.FLOAT16, DataType.FLOAT32}) {
            for (AutogradFunction f : List.of(new GeluFunction(), new SiluFunction())) {
                NDArray large = manager.create(x).toType(type, false);
                NDList r = run(f, large);
                assertEquals(large.maximum(0), r.get(0).abs()); // -0 is 0
                float[] dx = r.get(1).toType(DataType.FLOAT32, false).toFloatArray();
                assertArrayEquals(new float[] {0, 0, 1, 1}, dx, 1e-30f);
            }
        }
    }

    @Test
    void tanhSaturatesWithoutNaN() {
        NDList r = run(new TanhFunction(), manager.create(new double[] {-INF, -800, 800, INF}));
        assertArrayEquals(new double[] {-1, -1, 1, 1}, r.get(0).toDoubleArray());
        assertArrayEquals(new double[4], r.get(1).toDoubleArray());
    }

    /** PyTorch's gradients, of float64 and of halves that are computed in float32. */
    @Test
    void slopesNearSaturationKeepTheirDigits() {
        NDArray x = manager.create(new double[] {20, -20, 10});
        double[] sigmoid = {2.0611536879193953e-9, 2.0611536139418496e-9, 4.5395807735907655e-5};
        double[] silu = {1.0000000391619202, -3.9161918660646786e-8, 1.0004085602086568};
        double[] got = run(new SigmoidFunction(), x).get(1).toDoubleArray();
        double[] gotSilu = run(new SiluFunction(), x).get(1).toDoubleArray();
        for (int i = 0; i < got.length; i++) {
            assertEquals(sigmoid[i], got[i], 1e-14 * sigmoid[i]);
            assertEquals(silu[i], gotSilu[i], 1e-14);
        }
        NDArray half = manager.create(new float[] {3}).toType(DataType.FLOAT16, false);
        for (AutogradFunction f : new AutogradFunction[] {new TanhFunction(), new GeluFunction()}) {
            NDArray rounded = run(f, half).get(0).toType(DataType.FLOAT64, false);
            double y = rounded.getDouble(0);
            double dx = run(f, half).get(1).toType(DataType.FLOAT64, false).getDouble(0);
            double want = f instanceof TanhFunction ? 1 - y * y : 1.0115842819213867;
            assertEquals(want, dx, Math.ulp((float) want) * (1 << 12)); // half a unit of halves
        }
        double ruledOut = run(new GeluFunction(), manager.create(-INF)).get(0).getDouble();
        assertTrue(Double.isNaN(ruledOut), "as PyTorch: " + ruledOut);
    }

    @Test
    void elementwiseOfIntegersAndBooleansIsFloating() {
        NDArray one = manager.create(new int[] {1, 0});
        for (NDArray x : List.of(one, one.toType(DataType.BOOLEAN, false))) {
            NDArray y = new TanhFunction().apply(x);
            assertEquals(DataType.FLOAT32, y.getDataType());
            assertEquals(Math.tanh(1), y.getFloat(0), 1e-6);
        }
    }

    @Test
    void manyRepeatsInHalvesAreCounted() {
        // 3,000 ones: halves alone would stop at 2,048.
        NDArray weight = manager.ones(new Shape(2, 1), DataType.FLOAT16);
        NDArray index = manager.zeros(new Shape(3000), DataType.INT64);
        NDList r = run(new EmbeddingFunction(), index, weight);
        assertEquals(3000, r.get(2).toType(DataType.FLOAT32, false).getFloat(0, 0));
    }

    @Test
    void attentionSeesNoFuture() {
        CausalAttentionFunction f = new CausalAttentionFunction();
        NDArray q = random(2, 4, 3);
        NDArray k = random(2, 4, 3);
        NDArray v = random(2, 4, 3);
        NDArray y = f.apply(q, k, v);
        assertEquals(y.get(":, :2"), f.apply(q.get(":, :2"), k.get(":, :2"), v.get(":, :2")));
    }

    @Test
    void embeddingNamesTheIndexThatIsOutOfRange() {
        EmbeddingFunction f = new EmbeddingFunction();
        NDArray weight = random(7, 3);
        assertEquals(
                "embedding of 7 rows takes indices from 0 to 6, but element 2 of an array of shape"
                        + " (2, 2) is 7",
                message(f, manager.create(new long[] {0, 6, 7, -1}, new Shape(2, 2)), weight));
        assertTrue(message(f, manager.create(new int[] {-1}), weight).endsWith("(1) is -1"));
        assertEquals(
                "embedding takes indices of an integer type, but got float32; convert them with"
                        + " toType(DataType.INT64, false)",
                message(f, manager.create(new float[] {1}), weight));
        assertEquals(
                "embedding takes indices of an integer type, but got unknown; convert them with"
                        + " toType(DataType.INT64, false)",
                message(f, Autograd.cast(random(1), DataType.BFLOAT16), weight));
        assertEquals(
                "embedding takes a weight of shape (V, D), but got (7)",
                message(f, manager.create(new long[] {1}), random(7)));
    }

    @Test
    void layerNormOfOneFeatureIsBeta() {
        LayerNormFunction f = new LayerNormFunction(1e-5);
        NDList single = run(f, random(4, 1), random(1), manager.create(new double[] {0.3}));
        assertArrayEquals(new double[] {0.3, 0.3, 0.3, 0.3}, single.get(0).toDoubleArray());
        assertArrayEquals(new double[4], single.get(1).toDoubleArray());
        assertEquals(
                "layer normalization takes x of shape (.., C), gamma and beta of shape (C), but got"
                        + " (4, 5), (1, 5) and (5)",
                message(f, random(4, 5), random(1, 5), random(5)));
        assertThrows(IllegalArgumentException.class, () -> new LayerNormFunction(Double.NaN));
    }

    @Test
    void dropoutKeepsItsShareItsSeedAndItsMask() {
        NDArray x = manager.ones(new Shape(100, 100), DataType.FLOAT64);
        DropoutFunction f = new DropoutFunction(0.2, true);
        Engine.getInstance().setRandomSeed(1);
        NDList first = run(f, x);
        Engine.getInstance().setRandomSeed(1);
        NDList again = run(f, x);
        NDList other = run(f, x);
        assertEquals(first.get(0), first.get(1), "the gradient has the mask of the output");
        assertEquals(first.get(0), again.get(0));
        assertNotEquals(first.get(0), other.get(0));
        assertEquals(0, first.get(0).min().getDouble());
        assertEquals(1.25, first.get(0).max().getDouble());
        // 10,000 draws: five standard deviations are 0.025.
        assertEquals(1, first.get(0).mean().getDouble(), 0.025);
    }

    @Test
    void dropoutOfNothingOfAllAndInEvaluation() {
        NDArray x = random(3, 4);
        for (AutogradFunction f :
                new AutogradFunction[] {
                    new DropoutFunction(0, true), new DropoutFunction(0.9, false)
                }) {
            NDList r = run(f, x);
            assertEquals(x, r.get(0));
            assertEquals(x.onesLike(), r.get(1));
        }
        NDList all = run(new DropoutFunction(1, true), x);
        assertArrayEquals(new double[12], all.get(0).abs().toDoubleArray());
        assertArrayEquals(new double[12], all.get(1).toDoubleArray());
        for (double p : new double[] {-0.1, 1.1, Double.NaN}) {
            assertRefused(
                    "dropout takes a probability from 0 to 1, but got " + p,
                    () -> new DropoutFunction(p, true));
        }
    }

    @Test
    void attentionOfOneStepAndOfHugeScores() {
        CausalAttentionFunction f = new CausalAttentionFunction();
        NDArray v = random(1, 3);
        NDList one = run(f, random(1, 3), random(1, 3), v);
        assertEquals(v, one.get(0));
        assertArrayEquals(new double[3], one.get(1).abs().toDoubleArray());
        NDArray huge = manager.create(new double[] {1e150, -1e150}, new Shape(2, 1));
        NDList big = run(f, huge, huge, random(2, 1));
        for (NDArray array : big) {
            assertTrue(Double.isFinite(array.sum().getDouble()));
        }
        assertTrue(
                message(f, random(2, 3), random(3, 3), random(2, 3))
                        .endsWith("but got (2, 3), (3, 3) and (2, 3)"));
        assertTrue(message(f, random(2, 0), random(2, 0), random(2, 0)).contains("at least 1"));
        assertRefused(
                "causal attention takes a dropout from 0 to less than 1, but got 1.0",
                () -> new CausalAttentionFunction(1));
    }

    @Test
    void labelSmoothingIsFromZeroToOne() {
        for (double s : new double[] {-0.1, 1.1, Double.NaN}) {
            assertRefused(
                    "label smoothing must be from 0 to 1, but got " + s,
                    () -> new CrossEntropyFunction(Reduction.MEAN, null, s));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rnn", "gru"})
    void oneStepAndNoRows(String name) {
        OpCase op = name.equals("rnn") ? SequenceCases.rnn() : SequenceCases.gru();
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
    void sequencesThatDoNotFitAreNamed() {
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
        NDList r = run(new SigmoidFunction(), x);
        double small = Math.exp(-30);
        assertArrayEquals(
                new double[] {0, 0, small, 0.5, 1, 1}, r.get(0).toDoubleArray(), 1e-12 * small);
        assertArrayEquals(
                new double[] {0, 0, small, 0.25, 0, 0}, r.get(1).toDoubleArray(), 1e-12 * small);
    }
}
