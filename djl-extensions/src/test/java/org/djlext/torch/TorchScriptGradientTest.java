/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.Gradients;
import org.djlext.testing.LambdaFunction;
import org.junit.jupiter.api.Test;

/** Gradients through scripts, in every call the same as those of the operations one by one. */
class TorchScriptGradientTest extends ScriptTest {

    // A gradient through a value that is used twice, a branch and a loop.
    private static final String SOURCE =
            """
            def forward(x, w):
                h = torch.tanh(x * w)
                for i in range(2):
                    h = h * x + h
                if x.size(0) > 3:
                    h = h - x.mean()
                return h + torch.exp(x), w.sum()
            """;

    private static NDArray plain(NDArray x, NDArray w) {
        NDArray h = x.mul(w).tanh();
        for (int i = 0; i < 2; i++) {
            h = h.mul(x).add(h);
        }
        if (x.getShape().get(0) > 3) {
            h = h.sub(x.mean());
        }
        return h.add(x.exp()).mul(w.sum());
    }

    @Test
    void everyCallIsTheSameAsTheOperationsOneByOne() {
        TorchScript script = script(SOURCE);
        Function<NDList, NDArray> scripted =
                in -> {
                    NDList results = script.call(in.get(0), in.get(1));
                    return results.get(0).mul(results.get(1));
                };
        Function<NDList, NDArray> plain = in -> plain(in.get(0), in.get(1));
        for (int i = 0; i < 60; i++) {
            // First the same shape and type for long enough to be profiled and optimized, then
            // other shapes, types and gradient modes in turn.
            long rows = i < 20 ? 2 : 2 + i % 4;
            DataType type = i >= 40 && i % 2 == 0 ? DataType.FLOAT32 : DataType.FLOAT64;
            NDList in = Gradients.toType(new NDList(random(rows, 3), random(rows, 3)), type);
            if (i % 5 == 3) {
                NDArray y = scripted.apply(in);
                assertEquals(plain.apply(in), y);
                assertFalse(Autograd.requiresGrad(y));
                continue;
            }
            // The loss also uses x outside of the function.
            Gradients.assertSame(
                    leaves -> scripted.apply(leaves).mul(leaves.get(0)),
                    leaves -> plain.apply(leaves).mul(leaves.get(0)),
                    in,
                    new Tolerance(0, 0));
        }
    }

    @Test
    void gradientsInsideAScript() {
        TorchScript script =
                script(
                        """
                        def slope(x):
                            y = (x ** 3).sum()
                            slope = torch.autograd.grad([y], [x], create_graph=True)[0]
                            assert slope is not None
                            return slope
                        """);
        NDArray x = manager.create(new double[] {2, -3});
        x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray slope = script.callForArray(x);
            assertArrayEquals(new double[] {12, 27}, slope.toDoubleArray());
            collector.backward(slope.sum()); // 6 x
        }
        assertArrayEquals(new double[] {12, -18}, x.getGradient().toDoubleArray());
    }

    @Test
    void forwardAndBackwardOfAFunction() {
        TorchScript script =
                script(
                        """
                        def forward(x):
                            return x * torch.sigmoid(x)

                        def backward(x, dy, factor: float):
                            s = torch.sigmoid(x)
                            return factor * dy * s * (1 + x * (1 - s))
                        """);
        NDList in = new NDList(random(2, 3));
        NDArray upstream = random(2, 3);
        NDList want =
                Gradients.run(
                        x -> x.get(0).mul(x.get(0).getNDArrayInternal().sigmoid()), in, upstream);
        // Wrong by a factor, which shows that it is the rule that ran and not the engine's own
        // gradient of the script.
        LambdaFunction swish =
                new LambdaFunction(
                        (ctx, x) -> {
                            ctx.saveForBackward(x.get(0));
                            return script.function("forward").call(x.get(0));
                        },
                        (ctx, dy) ->
                                script.function("backward").call(ctx.saved(0), dy.get(0), 3.0));
        NDList got = Gradients.run(x -> swish.apply(x).get(0), in, upstream);
        want.set(1, want.get(1).mul(3));
        Gradients.compare(got, want, new Tolerance(1e-12, 1e-14)).assertApproximate();
    }

    @Test
    void updateOfALeafWhileGradientsAreRecordedIsRefused() {
        TorchScript script = script("def f(x):\n    x.mul_(2)\n");
        NDArray x = manager.ones(new Shape(2));
        x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            assertFailsSaying(
                    TorchScriptException.class,
                    () -> script.call(x),
                    "f(x: float32 (2)) failed: a leaf Variable that requires grad is being used in"
                            + " an in-place operation.");
        }
        assertEquals(manager.ones(new Shape(2)), x);
    }
}
