/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Locale;
import java.util.function.Supplier;
import org.djlext.torch.TorchScript;
import org.junit.jupiter.api.Test;

/** Types of numbers that DJL half knows: the gradient is right or refused in a sentence. */
class FunctionTypesTest extends GraphTestBase {

    /** Casts that the engine records; DJL's own toType ends the JVM for bfloat16. */
    private static final TorchScript CASTS =
            TorchScript.compile(
                    """
                    def half(x):
                        return x.to(torch.bfloat16)

                    def wide(x):
                        return x.to(torch.float64)
                    """);

    private static NDArray half(NDArray x) {
        return CASTS.function("half").callForArray(x);
    }

    private static NDArray wide(NDArray x) {
        return CASTS.function("wide").callForArray(x);
    }

    /** Fails if a gradient is dropped: it must be right, or refused with the type's name. */
    private static void assertRightOrRefused(
            String type, Supplier<NDArray> gradient, double... want) {
        NDArray got;
        try {
            got = gradient.get();
        } catch (IllegalArgumentException | IllegalStateException e) {
            String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
            assertTrue(message.contains(type), e.getMessage());
            assertFalse(message.contains("frame #"), e.getMessage());
            return;
        }
        assertValues(wide(got), want);
    }

    @Test
    void bfloat16Input() {
        NDArray x = leaf(3, 4);
        assertRightOrRefused(
                "bfloat16", () -> grad(wide(TestFunctions.square().apply(half(x))).sum(), x), 6, 8);
    }

    @Test
    void bfloat16LeafAndCollector() {
        NDArray x = half(leaf(3, 4)).stopGradient();
        x.setRequiresGradient(true);
        assertRightOrRefused(
                "bfloat16",
                () -> {
                    backward(wide(TestFunctions.square().apply(x)).sum());
                    return Autograd.gradient(x);
                },
                6,
                8);
    }

    @Test
    void bfloat16InputBesideOneOfFloat64() {
        AutogradFunction product =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0), in.get(1));
                            return new NDList(wide(in.get(0)).mul(in.get(1)));
                        },
                        (ctx, dy) -> {
                            NDList s = ctx.savedTensors();
                            return new NDList(
                                    half(dy.get(0).mul(s.get(1))), dy.get(0).mul(wide(s.get(0))));
                        });
        NDArray x = leaf(3, 4);
        NDArray w = leaf(1, 2);
        assertRightOrRefused("bfloat16", () -> grad(product.apply(half(x), w).sum(), x), 1, 2);
        assertRightOrRefused("bfloat16", () -> grad(product.apply(half(x), w).sum(), w), 3, 4);
    }

    @Test
    void bfloat16Output() {
        AutogradFunction cast =
                TestFunctions.of(
                        (ctx, in) -> new NDList(half(in.get(0))),
                        (ctx, dy) -> new NDList(wide(dy.get(0))));
        NDArray x = leaf(3, 4);
        assertRightOrRefused("bfloat16", () -> grad(wide(cast.apply(x)).square().sum(), x), 6, 8);
    }

    @Test
    void bfloat16LossAndUpstream() {
        NDArray x = leaf(3, 4);
        NDArray y = half(x).mul(half(x));
        assertRightOrRefused(
                "bfloat16",
                () -> Autograd.grad(new NDList(half(x).mul(half(x)).sum()), new NDList(x)).get(0),
                6,
                8);
        NDList ones = new NDList(half(leaf(1, 1)).stopGradient());
        assertRightOrRefused(
                "bfloat16",
                () -> Autograd.grad(new NDList(y), new NDList(x), ones, true, false, false).get(0),
                6,
                8);
    }

    @Test
    void bfloat16HookAndRetainedGradient() {
        NDArray x = leaf(3, 4);
        NDArray h = half(x);
        NDArray y = wide(h.mul(h)).sum();
        assertRightOrRefused(
                "bfloat16",
                () -> {
                    try (Autograd.Scope hook = Autograd.onGradient(h, g -> g.add(g))) {
                        return grad(y, x);
                    }
                },
                12,
                16);
        assertRightOrRefused(
                "bfloat16",
                () -> {
                    Autograd.retainGrad(h);
                    backward(y);
                    return Autograd.gradient(h);
                },
                6,
                8);
    }

    @Test
    void bfloat16InFunctional() {
        NDList x = new NDList(half(leaf(3, 4)).stopGradient());
        assertRightOrRefused(
                "bfloat16",
                () ->
                        Functional.hvp(in -> new NDList(in.get(0).mul(in.get(0)).sum()), x, x)
                                .product()
                                .get(0),
                6,
                8);
        assertRightOrRefused(
                "bfloat16",
                () ->
                        Functional.jvp(in -> new NDList(in.get(0).mul(in.get(0))), x, x)
                                .product()
                                .get(0),
                18,
                32);
        assertRightOrRefused(
                "bfloat16",
                () ->
                        Functional.jacobian(in -> new NDList(in.get(0).mul(in.get(0))), x)
                                .get(0)
                                .get(0),
                6,
                0,
                0,
                8);
    }

    @Test
    void complexOutput() {
        // The length of a Fourier transform, by Parseval: d (n sum x^2) / dx = 2 n x.
        AutogradFunction fft =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).fft(2)),
                        (ctx, dy) ->
                                new NDList(dy.get(0).ifft(2).mul(factor(2)).real().get(":, 0")));
        NDArray x = leaf(3, 4);
        assertRightOrRefused(
                "complex",
                () -> {
                    NDArray y = fft.apply(x);
                    return grad(y.abs().square().sum(), x);
                },
                12,
                16);
    }

    @Test
    void complexInput() {
        AutogradFunction abs = TestFunctions.of(x -> x.abs(), (x, dy) -> x.div(x.abs()).mul(dy));
        NDArray x = leaf(3, 4);
        // |fft x|^2 summed again, with the transform left to the engine.
        assertRightOrRefused("complex", () -> grad(abs.apply(x.fft(2)).square().sum(), x), 12, 16);
    }

    @Test
    void refusalsLeaveTheEngineAlone() {
        bfloat16Input();
        complexOutput();
        NDArray x = leaf(3);
        assertValues(grad(TestFunctions.square().apply(x), x), 6);
    }
}
