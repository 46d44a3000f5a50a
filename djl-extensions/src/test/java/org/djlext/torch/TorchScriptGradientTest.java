/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.function.BinaryOperator;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
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

    /** Returns y, dL/dx and dL/dw, where the loss also uses x outside of the function. */
    private static NDList gradients(BinaryOperator<NDArray> function, NDArray x, NDArray w) {
        NDArray leaf = x.duplicate();
        NDArray weight = w.duplicate();
        leaf.setRequiresGradient(true);
        weight.setRequiresGradient(true);
        NDArray y;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            y = function.apply(leaf, weight);
            collector.backward(y.mul(leaf).sum());
        }
        return new NDList(y, leaf.getGradient(), weight.getGradient());
    }

    @Test
    void everyCallIsTheSameAsTheOperationsOneByOne() {
        TorchScript script = script(SOURCE);
        BinaryOperator<NDArray> scripted =
                (x, w) -> {
                    NDList results = script.call(x, w);
                    return results.get(0).mul(results.get(1));
                };
        for (int i = 0; i < 60; i++) {
            // First the same shape and type for long enough to be profiled and optimized, then
            // other shapes, types and gradient modes in turn.
            long rows = i < 20 ? 2 : 2 + i % 4;
            DataType type = i >= 40 && i % 2 == 0 ? DataType.FLOAT32 : DataType.FLOAT64;
            NDArray x = manager.randomNormal(0, 1, new Shape(rows, 3), type);
            NDArray w = manager.randomNormal(0, 1, new Shape(rows, 3), type);
            if (i % 5 == 3) {
                NDArray y = scripted.apply(x, w);
                assertEquals(plain(x, w), y);
                assertFalse(Autograd.requiresGrad(y));
                continue;
            }
            NDList expected = gradients(TorchScriptGradientTest::plain, x, w);
            NDList actual = gradients(scripted, x, w);
            for (int k = 0; k < expected.size(); k++) {
                assertEquals(expected.get(k), actual.get(k), "call " + i + ", result " + k);
            }
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

    // Swish with a hand-written backward, both halves in TorchScript. Wrong on purpose by a factor,
    // which shows that it is the rule that ran and not the engine's own gradient of the script.
    private static final class Swish extends AutogradFunction {

        private final TorchScript script;
        private final double factor;

        Swish(TorchScript script, double factor) {
            this.script = script;
            this.factor = factor;
        }

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            ctx.saveForBackward(inputs.get(0));
            return script.function("forward").call(inputs.get(0));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray x = ctx.savedTensors().get(0);
            return script.function("backward").call(x, gradOutputs.get(0), factor);
        }
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
        NDArray x = manager.randomNormal(0, 1, new Shape(2, 3), DataType.FLOAT64);
        NDArray w = manager.randomNormal(0, 1, new Shape(2, 3), DataType.FLOAT64);
        BinaryOperator<NDArray> plain = (a, b) -> a.mul(a.getNDArrayInternal().sigmoid()).mul(b);
        for (double factor : new double[] {1, 3}) {
            Swish swish = new Swish(script, factor);
            NDList actual = gradients((a, b) -> swish.apply(a).mul(b), x, w);
            // The loss is y x: its gradient is y + x dy, and the factor is on dy alone.
            NDList engine = gradients(plain, x, w);
            NDArray y = engine.get(0);
            GradientTable table = new GradientTable(new Tolerance(1e-12, 1e-14));
            table.compare("x", actual.get(1), engine.get(1).sub(y).mul(factor).add(y));
            table.compare("w", actual.get(2), engine.get(2));
            table.assertApproximate();
        }
        NDArray halves = manager.create(new double[] {1});
        halves.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = script.function("forward").call(halves).get(0);
            assertTrue(Autograd.requiresGrad(y));
        }
    }

    @Test
    void updateOfALeafWhileGradientsAreRecordedIsRefused() {
        TorchScript script = script("def f(x):\n    x.mul_(2)\n");
        NDArray x = manager.ones(new Shape(2));
        x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            TorchScriptException e = assertThrows(TorchScriptException.class, () -> script.call(x));
            String message = String.valueOf(e.getMessage());
            assertTrue(
                    message.startsWith(
                            "f(x: float32 (2)) failed: a leaf Variable that requires grad"
                                    + " is being used in an in-place operation."),
                    message);
        }
        assertEquals(manager.ones(new Shape(2)), x);
    }
}
