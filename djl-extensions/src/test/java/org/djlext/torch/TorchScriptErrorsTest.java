/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a mistake is told. */
class TorchScriptErrorsTest extends ScriptTest {

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of(
                        "unknown operation",
                        """
                        the script does not compile: Unknown builtin op: aten::sigmod.
                        Here are some suggestions:\s
                        	aten::sigmoid
                        	aten::divmod
                        	aten::sigmoid_
                          line 2 |     return x * torch.sigmod(2.0 * x)
                                 |                ^^^^^^^^^^^^
                        """,
                        """
                        def swish(x):
                            return x * torch.sigmod(2.0 * x)
                        """),
                Arguments.of(
                        "names that are replaced before the mistake",
                        """
                        the script does not compile: undefined value wrong
                          line 5 |     return one(x) + math.sqrt(2.0) + x.to(torch.float64) + wrong(x)
                                 |                                                            ^^^^^
                        """,
                        """
                        def one(x):
                            return x

                        def two(x):
                            return one(x) + math.sqrt(2.0) + x.to(torch.float64) + wrong(x)
                        """),
                Arguments.of(
                        "mistake in a function that another calls",
                        """
                        the script does not compile: undefined value y
                          line 5 |     return y
                                 |            ^
                        """,
                        """
                        def outer(x):
                            return inner(x)

                        def inner(x):
                            return y
                        """),
                Arguments.of(
                        "broken syntax",
                        """
                        the script does not compile: expected ident but found 'newline' here
                          line 2 |     return x +
                        """,
                        """
                        def f(x):
                            return x +
                        """),
                Arguments.of(
                        "unknown type",
                        """
                        the script does not compile: Unknown type name 'Tensr'
                          line 1 | def f(x: Tensr):
                                 |          ^^^^^
                        """,
                        """
                        def f(x: Tensr):
                            return x
                        """));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void mistakeIsShownInTheUsersText(String mistake, String message, String source) {
        TorchScriptException e =
                assertThrows(TorchScriptException.class, () -> TorchScript.compile(source));
        assertEquals(message.strip(), e.getMessage());
        assertInstanceOf(EngineException.class, e.getCause());
    }

    @Test
    void operationThatFails() {
        TorchScript script =
                script(
                        """
                        def project(x, w):
                            return x @ w

                        def forward(x, ws: List[Tensor], scale: float):
                            h = scale * x
                            for w in ws:
                                h = project(h, w)
                            return h
                        """);
        NDArray x = manager.ones(new Shape(2, 3));
        NDArray w = manager.ones(new Shape(3, 4));
        assertFails(
                TorchScriptException.class,
                """
                forward(x: float32 (2, 3), ws: [float32 (3, 4), float32 (3, 4)], scale: 0.5) failed: \
                mat1 and mat2 shapes cannot be multiplied (2x4 and 3x4)
                  line 7 |         h = project(h, w)
                         |             ^^^^^^^
                  line 2 |     return x @ w
                         |            ^^^^^""",
                () -> script.call(x, new NDList(w, w), 0.5));
        assertTrue(script.call(x, new NDList(w), 0.5).get(0).getShape().equals(new Shape(2, 4)));
    }

    @Test
    void assertion() {
        TorchScript script =
                script(
                        """
                        def f(x):
                            assert x.dim() == 2, "x must be a matrix"
                            return x
                        """);
        assertFails(
                TorchScriptException.class,
                """
                f(x: float32 (3)) failed: AssertionError: x must be a matrix
                  line 2 |     assert x.dim() == 2, "x must be a matrix"
                         |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^""",
                () -> script.call(manager.ones(new Shape(3))));
    }

    @Test
    void wrongNumberOfArguments() {
        NDArray x = manager.ones(new Shape(2));
        TorchScript two = script("def f(x, p: float):\n    return x * p\n");
        assertRefused("f takes 2 arguments (x: Tensor, p: float), but got 1", () -> two.call(x));
        TorchScript defaults = script("def f(x, p: float = 1.0):\n    return x * p\n");
        assertRefused(
                "f takes 1 to 2 arguments (x: Tensor, p: float = ...), but got 3",
                () -> defaults.call(x, 1, 2));
        TorchScript noArray = script("def f(n: int):\n    return torch.zeros([n])\n");
        assertRefused(
                "f must get at least one array, whose manager takes the results, but got none; add"
                        + " an array to its parameters, on whose device it can compute",
                () -> noArray.call(3));
    }

    @Test
    void wrongArguments() {
        TorchScript script =
                script(
                        """
                        def f(x, p: float = 1.0, n: int = 1, l: List[Tensor] = [], s: str = ""):
                            return x
                        """);
        NDArray x = manager.ones(new Shape(2));
        String array =
                "f: argument 0 (x: Tensor) must be an open NDArray of the PyTorch engine, but is ";
        assertRefused(
                array + "null; declare it Optional[Tensor] to pass null",
                () -> script.call((Object) null));
        assertRefused(array + "2.5", () -> script.call(2.5));
        assertRefused(
                "f: argument 1 (p: float = ...) must be a number, but is a String",
                () -> script.call(x, "1"));
        assertRefused(
                "f: argument 2 (n: int = ...) must be an int or a long, but is 1.5",
                () -> script.call(x, 1, 1.5));
        String list =
                "f: argument 3 (l: List[Tensor] = ...) must be an NDList or a List of open"
                        + " NDArrays of the PyTorch engine, but is ";
        assertRefused(list + "float32 (2)", () -> script.call(x, 1, 1, x));
        assertRefused(
                "f: argument 0 (x: Tensor) must be an open NDArray of the PyTorch engine, but is"
                        + " string (1)",
                () -> script.call(manager.create(new String[] {"abc"})));
        NDArray closed = manager.ones(new Shape(2));
        closed.close();
        assertRefused(
                list + "[float32 (2), a closed array]",
                () -> script.call(x, 1, 1, new NDList(x, closed)));
        TorchScript map = script("def f(x, d: Dict[str, int]):\n    return x\n");
        assertRefused(
                "f: argument 1 (d: Dict[str,int]) is of a type that Java cannot pass; a function"
                        + " called from Java takes Tensor, List[Tensor], int, float, bool, str,"
                        + " List[int], List[float], List[bool], or Optional of these",
                () -> map.call(x, ""));
    }

    @Test
    void resultThatJavaCannotTake() {
        TorchScript script = script("def f(x):\n    return x, {1: x}\n");
        assertFails(
                IllegalStateException.class,
                "f must return tensors, numbers, strings, or tuples and lists of these, but"
                        + " returned a Dict(int, Tensor)",
                () -> script.call(manager.ones(new Shape(2))));
    }

    @Test
    void whichFunction() {
        TorchScript script = script("def f(x):\n    return x, x\ndef g(x):\n    return f(x)\n");
        NDArray x = manager.ones(new Shape(2));
        assertFails(
                IllegalStateException.class,
                "the script has several functions and none called forward, so name the one to"
                        + " call: function(name) with one of [f, g]",
                () -> script.call(x));
        assertRefused("the script has no function h, but [f, g]", () -> script.function("h"));
        assertFails(
                IllegalStateException.class,
                "g must return one array to be called with callForArray, but returned 2; use"
                        + " call",
                () -> script.function("g").callForArray(x));
    }

    @Test
    void closed() {
        TorchScript script = TorchScript.compile("def f(x):\n    return x\n");
        script.close();
        script.close();
        NDArray x = manager.ones(new Shape(2));
        assertFails(
                IllegalStateException.class,
                "the script with f is closed and cannot be called",
                () -> script.call(x));
    }

    @ParameterizedTest
    @CsvSource({"import torch,1", "class A(Module):,4", "x = 3,4", "@torch.jit.script,1"})
    void anythingButFunctions(String text, int line) {
        String function = "def f(x):\n    return x\n\n";
        assertRefused(
                "a script must consist of functions, \"def name(...):\" at the left margin, but"
                        + " line "
                        + line
                        + " is \""
                        + text
                        + "\"; leave out classes, decorators and imports (torch and math are there"
                        + " without)",
                () ->
                        TorchScript.compile(
                                line == 1 ? text + "\n" + function : function + text + "\n"));
    }

    @Test
    void noFunctionOrTwoOfAName() {
        assertRefused(
                "a script must have a function, \"def name(...):\" at the left margin, but has"
                        + " none",
                () -> TorchScript.compile("# nothing\n"));
        assertRefused(
                "a script must have one function of a name, but has two called f",
                () -> TorchScript.compile("def f(x):\n    return x\ndef f(y):\n    return y\n"));
    }
}
