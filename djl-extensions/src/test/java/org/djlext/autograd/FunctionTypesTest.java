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
import ai.djl.ndarray.types.DataType;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Types of numbers that DJL half knows: the gradient is right or refused in a sentence. */
class FunctionTypesTest extends GraphTestBase {

    private static NDArray half(NDArray x) {
        return Autograd.cast(x, DataType.BFLOAT16);
    }

    private static NDArray wide(NDArray x) {
        return Autograd.cast(x, DataType.FLOAT64);
    }

    private static NDArray halfLeaf(NDArray x) {
        NDArray h = half(x).stopGradient();
        h.setRequiresGradient(true);
        return h;
    }

    /** A use of bfloat16 at (3, 4), and the gradient there: of the square if none is given. */
    private static Arguments half(
            String where, Function<NDArray, NDArray> gradient, double... want) {
        double[] ofSquare = {6, 8};
        return Arguments.of("bfloat16", where, gradient, want.length == 0 ? ofSquare : want);
    }

    private static Arguments complex(String where, Function<NDArray, NDArray> gradient) {
        // The length of a Fourier transform, by Parseval: d (n sum x^2) / dx = 2 n x.
        return Arguments.of("complex", where, gradient, new double[] {12, 16});
    }

    private static NDArray backwardAt(NDArray h) {
        backward(wide(square(h)).sum());
        return Autograd.gradient(h);
    }

    private static NDArray hooked(NDArray x) {
        NDArray h = half(x);
        try (Autograd.Scope hook = Autograd.onGradient(h, g -> g.add(g))) {
            return grad(wide(h.mul(h)), x);
        }
    }

    static Stream<Arguments> uses() {
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
        AutogradFunction fft =
                TestFunctions.linear(x -> x.fft(2), dy -> dy.add(dy).ifft(2).real().get(":, 0"));
        AutogradFunction abs = TestFunctions.of(x -> x.abs(), (x, dy) -> x.div(x.abs()).mul(dy));
        Function<NDList, NDList> squares = in -> new NDList(in.get(0).mul(in.get(0)));
        Function<NDList, NDList> sum = in -> new NDList(squares.apply(in).get(0).sum());
        Function<NDArray, NDList> at = x -> new NDList(half(x).stopGradient());
        return Stream.of(
                half("input", x -> grad(wide(square(half(x))), x)),
                half("leaf", x -> backwardAt(halfLeaf(x))),
                half("retained gradient", x -> backwardAt(Autograd.retainGrad(half(x)))),
                half("first", x -> grad(product.apply(half(x), x.stopGradient()), x), 3, 4),
                half("second", x -> grad(product.apply(half(x).stopGradient(), x), x), 3, 4),
                half("output", x -> grad(wide(cast.apply(x)).square(), x)),
                half(
                        "loss",
                        x -> Autograd.grad(sum.apply(new NDList(half(x))), new NDList(x)).get(0)),
                half("upstream", x -> grad(half(x).mul(half(x)), x, half(x), false), 18, 32),
                half("hook", FunctionTypesTest::hooked, 12, 16),
                half(
                        "Hessian",
                        x -> Functional.hvp(sum, at.apply(x), at.apply(x)).product().get(0)),
                half(
                        "direction",
                        x -> Functional.jvp(squares, at.apply(x), at.apply(x)).product().get(0),
                        18,
                        32),
                half(
                        "Jacobian",
                        x -> Functional.jacobian(squares, at.apply(x)).get(0).get(0),
                        6,
                        0,
                        0,
                        8),
                complex("output", x -> grad(fft.apply(x).abs().square(), x)),
                complex("input", x -> grad(abs.apply(x.fft(2)).square(), x)));
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
        assertValues(grad(square(x), x), 6, 8); // all works as before
    }
}
