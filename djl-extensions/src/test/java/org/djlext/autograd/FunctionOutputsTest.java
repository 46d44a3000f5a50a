/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Outputs that are used never, once or often, that are not differentiable, or have no gradient. */
class FunctionOutputsTest extends FunctionTestBase {

    @Test
    void valueOfTheOutputIsUntouched() {
        NDArray x = random(new Shape(6, 7), DataType.FLOAT32);
        NDArray y = TestFunctions.square().apply(x);
        assertArrayEquals(x.mul(x).toFloatArray(), y.toFloatArray());
        assertTrue(Autograd.requiresGrad(y));
        assertSame(x.getManager(), y.getManager());
        backward(y.sum());
    }

    @Test
    void scalarOutputOfAMatrix() {
        AutogradFunction sumOfSquares =
                TestFunctions.of(x -> x.square().sum(), (x, dy) -> x.mul(2).mul(dy));
        assertSameGradient(
                random(new Shape(4, 3), DataType.FLOAT64),
                x -> sumOfSquares.apply(x).exp(),
                x -> x.square().sum().exp());
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
        assertSameGradient(x, v -> f.apply(new NDList(v, b)).get(1).sum(), v -> v.add(b).sum());
        assertSameGradient(x, v -> f.apply(new NDList(v, b)).get(0).sum(), v -> v.mul(b).sum());
        assertSameGradient(
                x,
                v -> {
                    NDList y = f.apply(new NDList(v, b));
                    return y.get(0).mul(y.get(0)).add(y.get(1)).sum();
                },
                v -> v.mul(b).square().add(v.add(b)).sum());
        assertEquals(
                List.of("true true", "true true", "true true"), seen, "one call a pass, zeros");
    }

    @Test
    void oneOutputOfSeveralIsRefused() {
        AutogradFunction f = twoOutputs(new ArrayList<>(), true);
        NDArray x = manager.ones(new Shape(3));
        assertFails(
                IllegalStateException.class,
                f
                        + ".apply(NDArray...) returns one output, but there are 2; call"
                        + " apply(NDList), which returns all of them",
                () -> f.apply(x, x));
        assertEquals(2, f.apply(new NDList(x, x)).size());
    }

    @Test
    void undefinedGradientsComeAsNullIfAskedFor() {
        List<String> seen = new ArrayList<>();
        AutogradFunction f = twoOutputs(seen, false);
        NDArray b = manager.randomNormal(new Shape(2, 3), DataType.FLOAT64);
        NDArray x = random(new Shape(2, 3), DataType.FLOAT64);
        assertSameGradient(x, v -> f.apply(new NDList(v, b)).get(1).sum(), v -> v.add(b).sum());
        assertSameGradient(x, v -> f.apply(new NDList(v, b)).get(0).sum(), v -> v.mul(b).sum());
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
                    f.apply(new NDList(v));
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
        backward(f.apply(a, b).sum());
        assertArrayEquals(new float[3], a.getGradient().toFloatArray());
        assertArrayEquals(new float[] {5, 5, 5}, b.getGradient().toFloatArray());
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
                    NDList y = f.apply(new NDList(v));
                    assertFalse(Autograd.requiresGrad(y.get(1)));
                    assertFalse(Autograd.requiresGrad(y.get(2)));
                    return y.get(0).mul(y.get(1)).sum();
                },
                v -> v.mul(2).mul(v.max().stopGradient()).sum());
    }

    @Test
    void arrayThatForwardKeepsStaysOutsideOfTheGraph() {
        NDArray x = random(new Shape(5), DataType.FLOAT64);
        NDArray own = x.stopGradient().mul(2);
        List<NDArray> kept = new ArrayList<>(List.of(own));
        AutogradFunction returnsIt =
                TestFunctions.of(
                        (ctx, in) -> new NDList(own), (ctx, dy) -> new NDList(dy.get(0).mul(2)));
        AutogradFunction returnsItsTensor =
                TestFunctions.of(
                        (ctx, in) -> {
                            NDArray twice = in.get(0).mul(2);
                            twice.attach(manager);
                            kept.add(twice);
                            return new NDList(twice.flatten()); // the very tensor, as it is flat
                        },
                        (ctx, dy) -> new NDList(dy.get(0).mul(2)));
        for (AutogradFunction f : List.of(returnsIt, returnsItsTensor)) {
            assertSameGradient(x, v -> f.apply(v).exp(), v -> v.mul(2).exp());
        }
        for (NDArray array : kept) {
            assertFalse(Autograd.requiresGrad(array));
        }
    }

    @Test
    void viewOfAnIntermediateKeepsItsGradientWhenItIsChangedWithoutRecording() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).mul(3).transpose()),
                        (ctx, dy) -> new NDList(dy.get(0).mul(3).transpose()));
        NDArray weights = manager.randomNormal(new Shape(4, 2), DataType.FLOAT64);
        assertSameGradient(
                random(new Shape(2, 4), DataType.FLOAT64),
                x -> doubled(f.apply(x)).mul(weights),
                x -> doubled(x.mul(3).transpose()).mul(weights));
    }

    private static NDArray doubled(NDArray array) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            return array.muli(2);
        }
    }
}
