/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.djlext.autograd.Autograd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be written, passed and returned. */
class TorchScriptTest extends ScriptTest {

    private NDArray array(float... values) {
        return manager.create(values);
    }

    private static float[] floats(NDArray array) {
        return array.toFloatArray();
    }

    @Test
    void severalInputsAndOutputs() {
        TorchScript script =
                script(
                        """
                        def both(x, y):
                            return x + y, x * y
                        """);
        NDList results = script.call(array(2, 3), array(5, 7));
        assertEquals(2, results.size());
        assertArrayEquals(new float[] {7, 10}, floats(results.get(0)));
        assertArrayEquals(new float[] {10, 21}, floats(results.get(1)));
    }

    @Test
    void listsAndNestedResultsComeInOrder() {
        TorchScript script =
                script(
                        """
                        def nest(arrays: List[Tensor], last: torch.Tensor):
                            doubled = [2 * a for a in arrays]
                            return doubled, (last, [(last, last + 1)])
                        """);
        NDList results = script.call(new NDList(array(1), array(2)), array(5));
        List<Float> values = results.stream().map(a -> a.getFloat(0)).toList();
        assertEquals(List.of(2f, 4f, 5f, 5f, 6f), values);
        assertEquals(3, script.call(List.of(), array(5)).size());
    }

    @Test
    void scalarsOfEveryType() {
        TorchScript script =
                script(
                        """
                        def f(x, i: int, f: float, b: bool, s: str, ints: List[int],
                              floats: List[float], bools: List[bool]):
                            if b and s == "plus, # or: def f(" and bools[1]:
                                x = x + i
                            return x * f * floats[0], ints[1] + i, f / 4, not b, s + "!", ints
                        """);
        String text = "plus, # or: def f(";
        NDList results =
                script.call(
                        array(1, 2),
                        3,
                        0.1,
                        true,
                        text,
                        new int[] {4, 1 << 30},
                        new double[] {10},
                        new boolean[] {false, true});
        assertArrayEquals(new float[] {4, 5}, floats(results.get(0)), 1e-6f);
        assertEquals((1L << 30) + 3, results.get(1).getLong());
        assertEquals(0.1 / 4, results.get(2).getDouble());
        assertEquals(DataType.BOOLEAN, results.get(3).getDataType());
        assertEquals(false, results.get(3).getBoolean());
        assertEquals(text + "!", results.get(4).toStringArray()[0]);
        assertArrayEquals(new long[] {4, 1 << 30}, results.get(5).toLongArray());
        NDList wide =
                script.call(
                        array(1),
                        Long.MIN_VALUE,
                        1, // an int for a float
                        false,
                        "",
                        new long[] {0, Long.MAX_VALUE},
                        new double[] {Double.NaN},
                        new boolean[] {});
        assertEquals(-1, wide.get(1).getLong());
        assertTrue(Float.isNaN(floats(wide.get(0))[0]));
    }

    @Test
    void optionalArgumentsAndNoneResults() {
        TorchScript script =
                script(
                        """
                        def add(x, bias: Optional[Tensor] = None, scale: Optional[float] = None):
                            if bias is not None:
                                x = x + bias
                            if scale is not None:
                                x = x * scale
                            return x, bias

                        def nothing(x):
                            pass
                        """);
        ScriptFunction add = script.function("add");
        NDList without = add.call(array(1), null);
        assertArrayEquals(new float[] {1}, floats(without.get(0)));
        assertNull(without.get(1));
        assertArrayEquals(new float[] {1}, floats(add.call(array(1)).get(0)));
        assertArrayEquals(new float[] {12}, floats(add.call(array(1), array(3), 3).get(0)));
        assertArrayEquals(new float[] {3}, floats(add.call(array(1), null, 3).get(0)));
        assertTrue(script.function("nothing").call(array(1)).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "self, "})
    void functionsCallEachOther(String self) {
        String source =
                """
                # A comment with an "odd quote, and def names in it: square(x)
                def square(SELFx):
                    '''Documentation, with square(x) in it.'''
                    return x * x

                def forward(SELF
                        x: Tensor,  # the first, with a bracket )
                        name: str = "square(, def g(x):",
                ) -> Tensor:
                    y = square(x) + square(
                            square(x)).neg()

                    return y if name == "square(, def g(x):" else -y

                def unused(SELF):
                    return 1
                """
                        .replace("SELF\n", self + "\n")
                        .replace("SELF", self);
        try (TorchScript script =
                TorchScript.compile(source.replace("unused(self, )", "unused()"))) {
            assertEquals(Set.of("square", "forward", "unused"), script.functions());
            assertArrayEquals(new float[] {-12}, floats(script.callForArray(array(2))));
            assertArrayEquals(new float[] {12}, floats(script.callForArray(array(2), "else")));
        }
    }

    @Test
    void namesOfTypesAndMath() {
        TorchScript script =
                script(
                        """
                        def f(x):
                            z = torch.zeros([2], dtype=torch.float64, device=x.device)
                            i = x.to(torch.int64)
                            y = x.masked_fill(x > 0, -math.inf)
                            return z + math.sqrt(2.0) * math.pi, i, y, x.dtype == torch.float32
                        """);
        NDList results = script.call(array(-1.5f, 1.5f));
        assertEquals(DataType.FLOAT64, results.get(0).getDataType());
        assertEquals(Math.sqrt(2) * Math.PI, results.get(0).getDouble(0));
        assertArrayEquals(new long[] {-1, 1}, results.get(1).toLongArray());
        assertEquals(Float.NEGATIVE_INFINITY, floats(results.get(2))[1]);
        assertTrue(results.get(3).getBoolean());
    }

    @Test
    void operationsHaveTheirPresentMeaning() {
        // In the meaning of old archives, a quotient of integers is an integer.
        TorchScript script = script("def half(x):\n    return x / 2\n");
        NDArray half = script.callForArray(manager.create(new int[] {3}));
        assertArrayEquals(new float[] {1.5f}, floats(half));
    }

    @Test
    void resultsBelongToTheManagerOfTheFirstArray() {
        TorchScript script =
                script("def f(a: float, l: List[Tensor], y):\n    return l[0] + a * y, 1\n");
        NDManager first = manager.newSubManager();
        NDManager second = manager.newSubManager();
        NDArray x = first.create(1f);
        NDArray y = second.create(1f);
        script.call(1, List.of(x, y), y).forEach(r -> assertSame(first, r.getManager()));
        script.call(1, Arrays.asList(y, x), x).forEach(r -> assertSame(second, r.getManager()));
    }

    @Test
    void argumentsAreUpdatedInPlace() {
        // Gradient descent with momentum on several parameters in one call.
        TorchScript sgd =
                script(
                        """
                        def step(weights: List[Tensor], gradients: List[Tensor],
                                 momenta: List[Tensor], lr: float, momentum: float):
                            for i in range(len(weights)):
                                momenta[i].mul_(momentum).add_(gradients[i])
                                weights[i].sub_(momenta[i], alpha=lr)
                        """);
        NDList weights = new NDList(array(1, -2), array(3));
        weights.forEach(weight -> weight.setRequiresGradient(true));
        NDList gradients = new NDList(array(2, -4), array(6));
        NDList momenta = new NDList(array(0, 10), array(100));
        try (Autograd.Scope scope = Autograd.noGrad()) {
            assertTrue(sgd.call(weights, gradients, momenta, 0.1, 0.9).isEmpty());
        }
        assertArrayEquals(new float[] {2, 5}, floats(momenta.get(0)), 1e-6f);
        assertArrayEquals(new float[] {96}, floats(momenta.get(1)), 1e-5f);
        assertArrayEquals(new float[] {0.8f, -2.5f}, floats(weights.get(0)), 1e-6f);
        assertArrayEquals(new float[] {-6.6f}, floats(weights.get(1)), 1e-6f);
        assertTrue(weights.get(0).hasGradient());
    }

    @Test
    void sourceMayBeIndentedAndEndAnyhow() {
        String source = "\n\n        def f(x):\r\n            return x + 1 # end";
        TorchScript script = script(source);
        assertEquals(new Shape(1), script.callForArray(array(1)).getShape());
    }

    @Test
    void longTexts() {
        String text = "a".repeat(100_000);
        TorchScript script =
                script(
                        "def f(x, s: str = \""
                                + text
                                + "\"):\n    '''"
                                + text
                                + "'''\n    return len(s) * x\n");
        assertEquals(300_000, script.callForArray(manager.create(3f)).getFloat());
    }
}
