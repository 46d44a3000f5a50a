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
import java.util.function.Function;
import java.util.stream.Stream;
import org.djlext.torch.TorchScript;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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

    private static Arguments of(
            String type, String where, Function<NDArray, NDArray> gradient, double... want) {
        return Arguments.of(type, where, gradient, want);
    }

    private static NDArray bySecond(AutogradFunction f, NDArray x) {
        NDArray w = x.getManager().create(new double[] {1, 2});
        w.setRequiresGradient(true);
        return grad(f.apply(half(x), w), w);
    }

    /** Uses at (3, 4), and the gradient there. */
    static Stream<Arguments> uses() {
        AutogradFunction square = TestFunctions.square();
        AutogradFunction product =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0), in.get(1));
                            return new NDList(wide(in.get(0)).mul(in.get(1)));
                        },
                        (ctx, dy) -> {
                            NDArray dx = half(dy.get(0).mul(ctx.saved(1)));
                            return new NDList(dx, dy.get(0).mul(wide(ctx.saved(0))));
                        });
        AutogradFunction cast = TestFunctions.linear(x -> half(x), dy -> wide(dy));
        Function<NDList, NDList> squares = in -> new NDList(in.get(0).mul(in.get(0)));
        return Stream.of(
                of("bfloat16", "input", x -> grad(wide(square.apply(half(x))), x), 6, 8),
                of(
                        "bfloat16",
                        "leaf",
                        x -> {
                            NDArray h = half(x).stopGradient();
                            h.setRequiresGradient(true);
                            backward(wide(square.apply(h)).sum());
                            return Autograd.gradient(h);
                        },
                        6,
                        8),
                of(
                        "bfloat16",
                        "input beside float64",
                        x -> grad(product.apply(half(x), x.stopGradient()), x),
                        3,
                        4),
                of("bfloat16", "the other input", x -> bySecond(product, x), 3, 4),
                of("bfloat16", "output", x -> grad(wide(cast.apply(x)).square(), x), 6, 8),
                of(
                        "bfloat16",
                        "loss",
                        x -> {
                            NDArray loss = half(x).mul(half(x)).sum();
                            return Autograd.grad(new NDList(loss), new NDList(x)).get(0);
                        },
                        6,
                        8),
                of(
                        "bfloat16",
                        "upstream",
                        x -> grad(half(x).mul(half(x)), x, half(x), false),
                        18,
                        32),
                of(
                        "bfloat16",
                        "hook",
                        x -> {
                            NDArray h = half(x);
                            try (Autograd.Scope hook = Autograd.onGradient(h, g -> g.add(g))) {
                                return grad(wide(h.mul(h)), x);
                            }
                        },
                        12,
                        16),
                of(
                        "bfloat16",
                        "retained gradient",
                        x -> {
                            NDArray h = Autograd.retainGrad(half(x));
                            backward(wide(h.mul(h)).sum());
                            return Autograd.gradient(h);
                        },
                        6,
                        8),
                of(
                        "bfloat16",
                        "product with a Hessian",
                        x -> {
                            NDList at = new NDList(half(x).stopGradient());
                            return Functional.hvp(
                                            in -> new NDList(squares.apply(in).get(0).sum()),
                                            at,
                                            at)
                                    .product()
                                    .get(0);
                        },
                        6,
                        8),
                of(
                        "bfloat16",
                        "direction",
                        x -> {
                            NDList at = new NDList(half(x).stopGradient());
                            return Functional.jvp(squares, at, at).product().get(0);
                        },
                        18,
                        32),
                of(
                        "bfloat16",
                        "Jacobian",
                        x -> {
                            NDList at = new NDList(half(x).stopGradient());
                            return Functional.jacobian(squares, at).get(0).get(0);
                        },
                        6,
                        0,
                        0,
                        8),
                // The length of a Fourier transform, by Parseval: d (n sum x^2) / dx = 2 n x.
                of(
                        "complex",
                        "output",
                        x -> {
                            NDArray two = x.getManager().create(2.0);
                            AutogradFunction fft =
                                    TestFunctions.linear(
                                            v -> v.fft(2),
                                            dy -> dy.ifft(2).mul(two).real().get(":, 0"));
                            return grad(fft.apply(x).abs().square(), x);
                        },
                        12,
                        16),
                of(
                        "complex",
                        "input",
                        x -> {
                            AutogradFunction abs =
                                    TestFunctions.of(
                                            v -> v.abs(), (v, dy) -> v.div(v.abs()).mul(dy));
                            return grad(abs.apply(x.fft(2)).square(), x);
                        },
                        12,
                        16));
    }

    /** Fails if a gradient is dropped: it must be right, or refused with the type's name. */
    @ParameterizedTest(name = "{0} as {1}")
    @MethodSource("uses")
    void isRightOrRefused(
            String type, String where, Function<NDArray, NDArray> gradient, double[] want) {
        NDArray x = leaf(3, 4);
        try {
            assertValues(wide(gradient.apply(x)), want);
        } catch (IllegalArgumentException | IllegalStateException e) {
            String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
            assertTrue(message.contains(type), e.getMessage());
            assertFalse(message.contains("frame #"), e.getMessage());
        }
        assertValues(grad(TestFunctions.square().apply(x), x), 6, 8);
    }
}
