/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import org.djlext.testing.LambdaFunction;
import org.djlext.testing.Threads;
import org.djlext.torch.TorchScriptException;
import org.junit.jupiter.api.Test;

/** One operation, differentiated by its own rule and by the engine. */
class EngineGradientsTest extends GraphTestBase {

    /** x^2 w with a rule that is wrong by a factor of 5, so that one sees whose gradient it is. */
    private static class Wrong extends AutogradFunction {
        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            ctx.saveForBackward(inputs.get(0), inputs.get(1));
            NDArray y = inputs.get(0).square().mul(inputs.get(1));
            NDArray largest = inputs.get(0).max();
            ctx.markNonDifferentiable(largest);
            return new NDList(y, largest);
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray dy = gradOutputs.get(0);
            NDArray x = ctx.saved(0);
            NDArray w = ctx.saved(1);
            return new NDList(dy.mul(x).mul(w).mul(10), dy.mul(x.square()).mul(5));
        }
    }

    /** The same, with a function of the engine's for it. */
    private static final class ByEngine extends Wrong {
        @Override
        protected NDList forwardByEngine(NDList inputs) {
            NDArray square = EngineFunction.callForArray("square", inputs.get(0));
            NDArray y = EngineFunction.callForArray("mul", square, inputs.get(1));
            return new NDList(y, inputs.get(0).stopGradient().max());
        }
    }

    private static NDArray gradient(AutogradFunction function, NDArray x, NDArray w) {
        NDList outputs = function.apply(new NDList(x, w));
        assertFalse(Autograd.requiresGrad(outputs.get(1)));
        return grad(outputs.get(0), x);
    }

    @Test
    void engineDifferentiatesInTheScopeAlone() {
        NDArray x = leaf(1, 2, 3);
        NDArray w = leaf(1, 10, 100);
        for (AutogradFunction function : new AutogradFunction[] {new Wrong(), new ByEngine()}) {
            assertValues(gradient(function, x, w), 10, 200, 3000);
            try (Autograd.Scope engine = Autograd.engineGradients()) {
                // d(x^2 w)/dx = 2 x w
                assertValues(gradient(function, x, w), 2, 40, 600);
                try (Autograd.Scope inner = Autograd.engineGradients()) {
                    assertValues(gradient(function, x, w), 2, 40, 600);
                }
                assertValues(gradient(function, x, w), 2, 40, 600);
            }
            assertValues(gradient(function, x, w), 10, 200, 3000);
        }
    }

    @Test
    void scopeBelongsToItsThread() {
        NDArray x = leaf(1);
        NDArray w = leaf(1);
        try (Autograd.Scope engine = Autograd.engineGradients()) {
            Threads.run(1, t -> assertValues(gradient(new Wrong(), x, w), 10));
        }
    }

    @Test
    void resultsGoToTheManagerOfTheFirstInputAndTheRestIsFreed() {
        try (NDManager model = manager.newSubManager();
                NDManager step = manager.newSubManager();
                Autograd.Scope engine = Autograd.engineGradients()) {
            NDArray w = model.ones(new Shape(3));
            NDArray x = step.ones(new Shape(3));
            int before = model.getManagedArrays().size();
            NDList outputs = new Wrong().apply(new NDList(x, w));
            outputs.forEach(output -> assertSame(step, output.getManager()));
            assertEquals(before, model.getManagedArrays().size());
            assertEquals(1 + outputs.size(), step.getManagedArrays().size());
            assertEquals(x, outputs.get(0));
            // What the caller's own scope is to free is freed.
            int all = step.getManagedArrays().size();
            try (NDScope scope = new NDScope()) {
                new Wrong().apply(new NDList(x, w)).get(0).add(1);
            }
            assertEquals(all, step.getManagedArrays().size());
        }
    }

    @Test
    void functionsOfTheEngineTakeNumbersListsAndText() {
        NDArray x = leaf(-1, 0, 2);
        NDArray y =
                EngineFunction.callForArray("layer_norm", x, new Shape(3), null, null, 1e-5, true);
        assertEquals(0, y.sum().getDouble(), 1e-6);
        NDArray both = EngineFunction.callForArray("cat", new NDList(x, x), 0);
        assertValues(both, -1, 0, 2, -1, 0, 2);
        // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
        double u = Math.sqrt(2 / Math.PI) * (2 + 0.044715 * 8);
        NDArray gelu = EngineFunction.callForArray("gelu", x, "approximate='tanh'");
        assertEquals(1 + Math.tanh(u), gelu.getDouble(2), 1e-6);
        assertFailsSaying(
                TorchScriptException.class,
                () -> EngineFunction.call("no_such_one", x),
                "no_such_one");
        assertRefused(
                "functions of the engine take arrays, numbers, booleans, shapes and null, but got a"
                        + " Object",
                () -> EngineFunction.call("abs", x, new Object()));
    }

    /** (x, w) -> (w, x^2, x^2): an input, and one array twice. */
    private static final AutogradFunction RETURNING =
            new LambdaFunction(
                    (ctx, in) -> {
                        NDArray square = in.get(0).square();
                        return new NDList(in.get(1), square, square);
                    },
                    (ctx, dy) -> new NDList(dy.get(1), dy.get(0)));

    @Test
    void anInputThatIsReturnedStaysTheCallers() {
        try (NDManager model = manager.newSubManager();
                Autograd.Scope recording = Autograd.enableGrad();
                Autograd.Scope engine = Autograd.engineGradients()) {
            NDArray w = model.create(new float[] {5});
            w.setRequiresGradient(true);
            try (NDManager step = manager.newSubManager();
                    NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                NDArray x = step.create(new float[] {3});
                NDList outputs = RETURNING.apply(new NDList(x, w));
                outputs.get(1).close();
                assertEquals(9, outputs.get(2).getFloat());
                NDArray y = outputs.get(0).mul(outputs.get(2));
                assertEquals(9, Autograd.grad(new NDList(y), new NDList(w)).get(0).getFloat());
            }
            assertSame(model, w.getManager());
            assertEquals(5, w.getFloat());
        }
    }

    @Test
    void whatForwardMustReturnIsTheSame() {
        AutogradFunction none = new LambdaFunction((ctx, in) -> new NDList(), (ctx, dy) -> dy);
        try (Autograd.Scope engine = Autograd.engineGradients()) {
            assertFailsSaying(
                    IllegalStateException.class,
                    () -> none.apply(leaf(1)),
                    "LambdaFunction.forward must return at least one output");
        }
    }
}
