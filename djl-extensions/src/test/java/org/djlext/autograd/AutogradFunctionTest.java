/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a custom function computes, compared with the engine's own gradient of the same expression.
 */
class AutogradFunctionTest {

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        Engine.getInstance().setRandomSeed(11);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray random(Shape shape, DataType type) {
        NDArray array = manager.randomNormal(0, 1, shape, type);
        array.setRequiresGradient(true);
        return array;
    }

    /** Runs a scalar loss and returns the gradient of x as the engine stores it. */
    private NDArray gradient(NDArray x, Function<NDArray, NDArray> loss) {
        NDArray fresh = x.duplicate();
        fresh.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(loss.apply(fresh));
        }
        return fresh.getGradient();
    }

    private void assertSameGradient(
            NDArray x, Function<NDArray, NDArray> custom, Function<NDArray, NDArray> plain) {
        NDArray got = gradient(x, custom);
        NDArray want = gradient(x, plain);
        assertEquals(want.getShape(), got.getShape());
        assertArrayEquals(want.toDoubleArray(), got.toDoubleArray(), 1e-12);
    }

    @Test
    void aWrongRuleIsWhatRuns() {
        NDArray x = random(new Shape(3, 5), DataType.FLOAT32);
        AutogradFunction wrong = TestFunctions.wrongBySeven();
        NDArray dx = gradient(x, v -> wrong.apply(v).get(0).sum());
        for (float value : dx.toFloatArray()) {
            assertEquals(7f, value);
        }
    }

    @Test
    void runsInTheMiddleOfTheEnginesGraph() {
        AutogradFunction square = TestFunctions.square();
        assertSameGradient(
                random(new Shape(4, 3), DataType.FLOAT64),
                x -> square.apply(x.tanh()).get(0).sin().sum(),
                x -> x.tanh().square().sin().sum());
    }

    @Test
    void valueOfTheOutputIsUntouched() {
        NDArray x = random(new Shape(6, 7), DataType.FLOAT32);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = TestFunctions.square().apply(x).get(0);
            assertArrayEquals(x.mul(x).toFloatArray(), y.toFloatArray());
            assertTrue(Autograd.requiresGrad(y));
            assertSame(x.getManager(), y.getManager());
            collector.backward(y.sum());
        }
    }

    @Test
    void shapesFromScalarToFourAxesAndEmpty() {
        AutogradFunction square = TestFunctions.square();
        for (Shape shape :
                List.of(
                        new Shape(),
                        new Shape(1),
                        new Shape(5),
                        new Shape(1, 1),
                        new Shape(2, 3, 4, 5),
                        new Shape(0),
                        new Shape(3, 0, 2))) {
            assertSameGradient(
                    random(shape, DataType.FLOAT64),
                    x -> square.apply(x).get(0).mul(3).sum(),
                    x -> x.mul(x).mul(3).sum());
        }
    }

    @Test
    void scalarOutputOfAMatrix() {
        AutogradFunction sumOfSquares =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0));
                            return new NDList(in.get(0).square().sum());
                        },
                        (ctx, dy) -> new NDList(ctx.savedTensors().get(0).mul(2).mul(dy.get(0))));
        assertSameGradient(
                random(new Shape(4, 3), DataType.FLOAT64),
                x -> sumOfSquares.apply(x).get(0).exp(),
                x -> x.square().sum().exp());
    }

    @Test
    void halfPrecision() {
        NDArray x = manager.arange(1, 7, 1, DataType.FLOAT32).reshape(2, 3);
        x = x.toType(DataType.FLOAT16, false);
        x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(TestFunctions.square().apply(x).get(0).sum());
        }
        NDArray dx = x.getGradient();
        assertEquals(DataType.FLOAT16, dx.getDataType());
        assertArrayEquals(
                new float[] {2, 4, 6, 8, 10, 12}, dx.toType(DataType.FLOAT32, true).toFloatArray());
    }

    @Test
    void nonContiguousInputAndBroadcastOutput() {
        AutogradFunction square = TestFunctions.square();
        assertSameGradient(
                random(new Shape(4, 3), DataType.FLOAT64),
                x -> square.apply(x.transpose()).get(0).mul(3).sum(),
                x -> x.square().mul(3).sum());
        // The output of forward occupies one row of memory for all its rows.
        AutogradFunction expand =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).broadcast(new Shape(6, 3))),
                        (ctx, dy) -> new NDList(dy.get(0).sum(new int[] {0}, true)));
        assertSameGradient(
                random(new Shape(1, 3), DataType.FLOAT64),
                x -> expand.apply(x).get(0).square().sum(),
                x -> x.broadcast(new Shape(6, 3)).square().sum());
    }

    @Test
    void inputUsedElsewhereToo() {
        AutogradFunction square = TestFunctions.square();
        assertSameGradient(
                random(new Shape(2, 3), DataType.FLOAT64),
                x -> x.add(square.apply(x).get(0)).mul(x).sum(),
                x -> x.add(x.square()).mul(x).sum());
    }

    @Test
    void sameArrayAsTwoInputs() {
        AutogradFunction product = product();
        assertSameGradient(
                random(new Shape(2, 3), DataType.FLOAT64),
                x -> product.apply(x, x).get(0).sum(),
                x -> x.mul(x).sum());
    }

    /** y = a b. */
    private static AutogradFunction product() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)));
                },
                (ctx, dy) -> {
                    NDList saved = ctx.savedTensors();
                    return new NDList(
                            ctx.needsInputGrad(0) ? dy.get(0).mul(saved.get(1)) : null,
                            ctx.needsInputGrad(1) ? dy.get(0).mul(saved.get(0)) : null);
                });
    }

    /** (a, b) -> (a b, a + b), with a rule that sees which upstream gradients came. */
    private static AutogradFunction twoOutputs(List<String> seen, boolean materialize) {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    ctx.setMaterializeGrads(materialize);
                    return new NDList(in.get(0).mul(in.get(1)), in.get(0).add(in.get(1)));
                },
                (ctx, dy) -> {
                    seen.add((dy.get(0) != null) + " " + (dy.get(1) != null));
                    NDList s = ctx.savedTensors();
                    NDArray da = s.get(0).zerosLike();
                    NDArray db = s.get(0).zerosLike();
                    if (dy.get(0) != null) {
                        da = da.add(dy.get(0).mul(s.get(1)));
                        db = db.add(dy.get(0).mul(s.get(0)));
                    }
                    if (dy.get(1) != null) {
                        da = da.add(dy.get(1));
                        db = db.add(dy.get(1));
                    }
                    return new NDList(da, db);
                });
    }

    @Test
    void outputsUsedNeverOnceTwice() {
        List<String> seen = new ArrayList<>();
        AutogradFunction f = twoOutputs(seen, true);
        NDArray b = manager.randomNormal(new Shape(2, 3), DataType.FLOAT64);
        NDArray x = random(new Shape(2, 3), DataType.FLOAT64);
        assertSameGradient(x, v -> f.apply(v, b).get(1).sum(), v -> v.add(b).sum());
        assertSameGradient(x, v -> f.apply(v, b).get(0).sum(), v -> v.mul(b).sum());
        assertSameGradient(
                x,
                v -> {
                    NDList y = f.apply(v, b);
                    return y.get(0).mul(y.get(0)).add(y.get(1)).sum();
                },
                v -> v.mul(b).square().add(v.add(b)).sum());
        assertEquals(
                List.of("true true", "true true", "true true"), seen, "one call a pass, zeros");
    }

    @Test
    void undefinedGradientsComeAsNullIfAskedFor() {
        List<String> seen = new ArrayList<>();
        AutogradFunction f = twoOutputs(seen, false);
        NDArray b = manager.randomNormal(new Shape(2, 3), DataType.FLOAT64);
        NDArray x = random(new Shape(2, 3), DataType.FLOAT64);
        assertSameGradient(x, v -> f.apply(v, b).get(1).sum(), v -> v.add(b).sum());
        assertSameGradient(x, v -> f.apply(v, b).get(0).sum(), v -> v.mul(b).sum());
        assertEquals(List.of("false true", "true false"), seen);
    }

    @Test
    void functionWhoseOutputIsNotUsedDoesNotRun() {
        AtomicInteger calls = new AtomicInteger();
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).mul(2)),
                        (ctx, dy) -> {
                            calls.incrementAndGet();
                            return new NDList(dy.get(0).mul(2));
                        });
        NDArray x = random(new Shape(3), DataType.FLOAT32);
        gradient(
                x,
                v -> {
                    f.apply(v);
                    return v.sum();
                });
        assertEquals(0, calls.get());
    }

    @Test
    void nullMeansNoGradient() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).mul(in.get(1))),
                        (ctx, dy) -> new NDList((NDArray) null, dy.get(0).mul(5)));
        NDArray a = random(new Shape(3), DataType.FLOAT32);
        NDArray b = random(new Shape(3), DataType.FLOAT32);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(f.apply(a, b).get(0).sum());
        }
        assertArrayEquals(new float[3], a.getGradient().toFloatArray());
        assertArrayEquals(new float[] {5, 5, 5}, b.getGradient().toFloatArray());
    }

    @Test
    void inputsOfOtherTypesAndWithoutGradient() {
        List<Boolean> needs = new ArrayList<>();
        // Picks rows of a table: the indices are integers, the scale needs no gradient.
        AutogradFunction pick =
                TestFunctions.of(
                        (ctx, in) -> {
                            needs.add(ctx.needsInputGrad(0));
                            needs.add(ctx.needsInputGrad(1));
                            needs.add(ctx.needsInputGrad(2));
                            ctx.saveForBackward(in.get(1), in.get(2));
                            ctx.setAttribute("rows", in.get(0).getShape().get(0));
                            return new NDList(
                                    in.get(0)
                                            .get(new NDIndex().addPickDim(in.get(1)))
                                            .mul(in.get(2)));
                        },
                        (ctx, dy) -> {
                            NDList s = ctx.savedTensors();
                            long rows = ctx.getAttribute("rows", Long.class);
                            NDArray oneHot = s.get(0).oneHot((int) rows, DataType.FLOAT64);
                            NDArray scaled = dy.get(0).mul(s.get(1));
                            return new NDList(
                                    oneHot.transpose().matMul(scaled.reshape(-1, 1)).squeeze(1),
                                    null,
                                    null);
                        });
        NDArray indices = manager.create(new long[] {1, 0, 1});
        NDArray scale = manager.create(new double[] {2, 3, 5});
        assertSameGradient(
                random(new Shape(4), DataType.FLOAT64),
                x -> pick.apply(x, indices, scale).get(0).sum(),
                x -> x.get(indices).mul(scale).sum());
        assertEquals(List.of(true, false, false), needs);
    }

    @Test
    void inputsAndOutputOfThreeFloatingTypesSmallAndLarge() {
        // y = a + sum(b), in float16, with a rule that gives 3 and 5 times what it should.
        AutogradFunction sum =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.setAttribute("b", in.get(1).getShape());
                            return new NDList(
                                    in.get(0)
                                            .toType(DataType.FLOAT32, false)
                                            .add(in.get(1).sum())
                                            .toType(DataType.FLOAT16, false));
                        },
                        (ctx, dy) -> {
                            NDArray d = dy.get(0);
                            NDArray ones =
                                    d.getManager()
                                            .ones(
                                                    ctx.getAttribute("b", Shape.class),
                                                    DataType.FLOAT32);
                            return new NDList(
                                    d.toType(DataType.FLOAT64, false).mul(3),
                                    ones.mul(d.toType(DataType.FLOAT32, false).sum()).mul(5));
                        });
        for (int rows : new int[] {2, 2000}) {
            NDArray a = random(new Shape(3), DataType.FLOAT64);
            NDArray b = manager.zeros(new Shape(rows, 50), DataType.FLOAT32);
            b.setRequiresGradient(true);
            a.setRequiresGradient(true);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray y = sum.apply(a, b).get(0);
                assertEquals(DataType.FLOAT16, y.getDataType());
                collector.backward(y.sum());
            }
            assertEquals(manager.full(new Shape(3), 3, DataType.FLOAT64), a.getGradient());
            assertEquals(b.stopGradient().add(15), b.getGradient());
        }
    }

    @Test
    void largeInputThatIsNotANumberStaysSo() {
        // A large input is added up; the sum must not get anywhere.
        NDArray x = manager.full(new Shape(300, 200), Float.POSITIVE_INFINITY);
        x.set(new NDIndex("0"), Float.NEGATIVE_INFINITY);
        x.setRequiresGradient(true);
        AutogradFunction sign =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).sign()),
                        (ctx, dy) -> new NDList(dy.get(0).mul(2)));
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = sign.apply(x).get(0);
            assertEquals(x.sign().stopGradient(), y.stopGradient());
            collector.backward(y.sum());
        }
        assertEquals(manager.full(new Shape(300, 200), 2f), x.getGradient());
    }

    @Test
    void outputsThatAreNotDifferentiable() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            NDArray largest = in.get(0).max();
                            ctx.markNonDifferentiable(largest);
                            return new NDList(in.get(0).mul(2), largest, in.get(0).argMax());
                        },
                        (ctx, dy) -> {
                            assertNull(dy.get(1));
                            assertNull(dy.get(2));
                            return new NDList(dy.get(0).mul(2));
                        });
        NDArray x = random(new Shape(5), DataType.FLOAT64);
        assertSameGradient(
                x,
                v -> {
                    NDList y = f.apply(v);
                    assertFalse(Autograd.requiresGrad(y.get(1)));
                    assertFalse(Autograd.requiresGrad(y.get(2)));
                    return y.get(0).mul(y.get(1)).sum();
                },
                v -> v.mul(2).mul(v.max().stopGradient()).sum());
    }

    @Test
    void oneInsideAnother() {
        AutogradFunction square = TestFunctions.square();
        AutogradFunction outer =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0));
                            return new NDList(square.apply(in.get(0)).get(0).mul(in.get(0)));
                        },
                        (ctx, dy) -> {
                            NDArray x = ctx.savedTensors().get(0);
                            return new NDList(dy.get(0).mul(square.apply(x).get(0)).mul(3));
                        });
        assertSameGradient(
                random(new Shape(3, 2), DataType.FLOAT64),
                x -> outer.apply(x).get(0).sum(),
                x -> x.mul(x).mul(x).sum());
    }

    @Test
    void manyInARow() {
        AutogradFunction addHalf =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(0.5f)),
                        (ctx, dy) -> new NDList(dy.get(0).mul(1.001f)));
        NDArray x = random(new Shape(3), DataType.FLOAT64);
        NDArray dx =
                gradient(
                        x,
                        v -> {
                            NDArray y = v;
                            for (int i = 0; i < 1000; i++) {
                                y = addHalf.apply(y).get(0);
                            }
                            return y.sum();
                        });
        for (double value : dx.toDoubleArray()) {
            assertEquals(Math.pow(1.001f, 1000), value, 1e-6);
        }
    }

    @Test
    void identityAndViewOfAnInputLeaveTheInputAlone() {
        AutogradFunction view =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0), in.get(0).reshape(6)),
                        (ctx, dy) -> new NDList(dy.get(0).add(dy.get(1).reshape(2, 3))));
        assertSameGradient(
                random(new Shape(2, 3), DataType.FLOAT64),
                x -> {
                    NDArray before = x.square(); // saves x, and checks that nothing writes to it
                    NDList y = view.apply(x);
                    return y.get(0).sin().sum().add(y.get(1).cos().sum()).add(before.sum());
                },
                x -> x.sin().sum().add(x.cos().sum()).add(x.square().sum()));
    }

    @Test
    void withoutRecordingItIsForwardAlone() {
        NDArray x = random(new Shape(3), DataType.FLOAT32);
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            assertFalse(ctx.needsInputGrad(0));
                            return new NDList(in.get(0));
                        },
                        (ctx, dy) -> dy);
        assertSame(x, f.apply(x).get(0));
        try (GradientCollector collector = Engine.getInstance().newGradientCollector();
                Autograd.Scope scope = Autograd.noGrad()) {
            assertFalse(Autograd.isRecording());
            assertSame(x, f.apply(x).get(0));
        }
    }

    @Test
    void inputsWithoutGradientAreNotLinked() {
        NDArray x = manager.ones(new Shape(3));
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            assertTrue(Autograd.isRecording());
            NDArray y = TestFunctions.square().apply(x).get(0);
            assertFalse(Autograd.requiresGrad(y));
        }
    }

    @Test
    void retainGradOnInputsOutputsAndBetween() {
        NDArray x = random(new Shape(2, 2), DataType.FLOAT64);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray h = Autograd.retainGrad(x.mul(3));
            NDArray y = Autograd.retainGrad(TestFunctions.square().apply(h).get(0));
            collector.backward(y.mul(5).sum());
            assertArrayEquals(new double[] {5, 5, 5, 5}, Autograd.gradient(y).toDoubleArray());
            assertArrayEquals(
                    h.mul(10).toDoubleArray(), Autograd.gradient(h).toDoubleArray(), 1e-12);
            assertArrayEquals(
                    h.mul(30).toDoubleArray(), Autograd.gradient(x).toDoubleArray(), 1e-12);
        }
    }

    /**
     * Two backward passes, each with a graph of its own, add up: nobody else's storage is written
     * to.
     */
    private void assertTwoPassesAddUp(AutogradFunction f, NDArray a, NDArray b, double... da) {
        NDArray c = manager.create(new double[] {1, 2});
        double[] aBefore = a.toDoubleArray();
        double[] bBefore = b.toDoubleArray();
        a.setRequiresGradient(true);
        b.setRequiresGradient(true);
        for (int pass = 1; pass <= 2; pass++) {
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                collector.backward(f.apply(a, b).get(0).mul(c).sum());
            }
            double[] want = {pass * da[0], pass * da[1]};
            assertArrayEquals(want, a.getGradient().toDoubleArray(), "pass " + pass);
            assertArrayEquals(want, b.getGradient().flatten().toDoubleArray(), "pass " + pass);
        }
        assertArrayEquals(aBefore, a.toDoubleArray());
        assertArrayEquals(bBefore, b.toDoubleArray());
    }

    @Test
    void ruleThatReturnsItsUpstreamTwice() {
        AutogradFunction add =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(in.get(1))),
                        (ctx, dy) -> new NDList(dy.get(0), dy.get(0)));
        NDArray a = manager.create(new double[] {5, 6});
        assertTwoPassesAddUp(add, a, a.duplicate(), 1, 2);
    }

    @Test
    void ruleThatReturnsAViewOfItsUpstream() {
        AutogradFunction add =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(in.get(1).reshape(2))),
                        (ctx, dy) -> new NDList(dy.get(0), dy.get(0).reshape(2, 1)));
        NDArray b = manager.create(new double[] {7, 8}, new Shape(2, 1));
        assertTwoPassesAddUp(add, manager.create(new double[] {5, 6}), b, 1, 2);
    }

    @Test
    void ruleThatReturnsOneNewArrayTwice() {
        AutogradFunction add =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(in.get(1)).mul(3)),
                        (ctx, dy) -> {
                            NDArray d = dy.get(0).mul(3);
                            return new NDList(d, d);
                        });
        NDArray a = manager.create(new double[] {5, 6});
        assertTwoPassesAddUp(add, a, a.duplicate(), 3, 6);
    }

    @Test
    void ruleThatReturnsASavedTensorOrAnArrayOfItsOwn() {
        NDArray constant = manager.create(new double[] {3, 4});
        // Wrong as rules, but they show whether saved tensors and the user's arrays stay what they
        // are.
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(1));
                            return new NDList(in.get(0).mul(in.get(1)));
                        },
                        (ctx, dy) -> new NDList(ctx.savedTensors().get(0), constant));
        NDArray a = manager.create(new double[] {5, 6});
        assertTwoPassesAddUp(f, a, constant.duplicate(), 3, 4);
        assertArrayEquals(new double[] {3, 4}, constant.toDoubleArray());
    }

    @Test
    void changingAnOutputInPlaceIsSeenByAllWhoShareItsStorage() {
        AutogradFunction identity =
                TestFunctions.of((ctx, in) -> new NDList(in.get(0)), (ctx, dy) -> dy);
        NDArray x = random(new Shape(2), DataType.FLOAT64);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray h = x.mul(1);
            NDArray q = h.square().sum();
            identity.apply(h).get(0).muli(10);
            Exception e = assertThrows(EngineException.class, () -> collector.backward(q));
            assertTrue(
                    String.valueOf(e.getMessage()).contains("modified by an inplace operation"),
                    e.getMessage());
        }
    }

    @Test
    void threadsOnOneGraphThatIsKept() throws InterruptedException {
        NDArray x = manager.ones(new Shape(3), DataType.FLOAT64);
        x.setRequiresGradient(true);
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDArray loss = TestFunctions.square().apply(x.mul(2)).get(0).sum();
            NDArray one = manager.create(1.0);
            Runnable passes =
                    () -> {
                        for (int i = 0; i < 300; i++) {
                            JniUtils.backward((PtNDArray) loss, (PtNDArray) one, true, false);
                        }
                    };
            Thread other = new Thread(passes);
            other.start();
            passes.run();
            other.join();
        }
        // 600 passes of d (2x)^2 / dx = 8.
        assertArrayEquals(new double[] {4800, 4800, 4800}, x.getGradient().toDoubleArray());
    }
}
