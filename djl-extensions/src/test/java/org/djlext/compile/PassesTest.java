/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.compile.Value.Origin;
import org.junit.jupiter.api.Test;

/**
 * What each pass makes of a few lines. That they still compute the same is tested on whole blocks.
 */
class PassesTest extends PassCase {

    @Test
    void deadLinesButNotRandomOnes() {
        Program program =
                program(
                        line("a", "exp", x),
                        line("r", "uniform", x, "0.0", "1.0"),
                        line("c", "tanh", x));
        assertLines(
                new DeadLines(), program, "r = torch.uniform(x, 0.0, 1.0)", "c = torch.tanh(x)");
    }

    @Test
    void sameLineOnceUntilItsOperandChanges() {
        Line first = line("a", "exp", p);
        Line second = line("c", "exp", p);
        Line sum = line("d", "add", t("a"), t("c"));
        Line third = line("e", "exp", p);
        Program program =
                program(
                        first,
                        second,
                        sum,
                        change("add_", p, t("d")),
                        third,
                        line("f", "tanh", t("e")));
        assertLines(
                new SameLineOnce(),
                program,
                "a = torch.exp(p)",
                "d = torch.add(a, a)",
                "torch.add_(p, d)",
                "e = torch.exp(p)",
                "f = torch.tanh(e)");
    }

    @Test
    void sameLineOnceKnowsViews() {
        Line view = line("v", List.of(2L, 3L), "t", p);
        Line first = line("a", "exp", t("v"));
        Line again = line("c", "exp", t("v"));
        Program program = program(view, first, change("mul_", p, "2.0"), again);
        assertLines(
                new SameLineOnce(),
                program,
                "v = torch.t(p)",
                "a = torch.exp(v)",
                "torch.mul_(p, 2.0)",
                "c = torch.exp(v)");
    }

    @Test
    void randomLinesAreNotTheSame() {
        Program program =
                program(
                        line("a", "uniform", x, "0.0", "1.0"),
                        line("c", "uniform", x, "0.0", "1.0"),
                        line("d", "add", t("a"), t("c")));
        assertLines(
                new SameLineOnce(),
                program,
                "a = torch.uniform(x, 0.0, 1.0)",
                "c = torch.uniform(x, 0.0, 1.0)",
                "d = torch.add(a, c)");
    }

    @Test
    void viewsOfViews() {
        Line first = line("a", List.of(2L, 6L), "reshape", x, "[2, 6]");
        Line alias = line("c", List.of(2L, 6L), "alias", t("a"));
        Line second = line("d", List.of(12L), "reshape", t("c"), "[12]");
        Line back = line("e", List.of(4L, 3L), "reshape", t("d"), "[4, 3]");
        assertLines(
                new ShortViews(),
                program(first, alias, second, back, line("f", "add", t("d"), t("e"))),
                "a = torch.reshape(x, [2, 6])",
                "d = torch.reshape(x, [12])",
                "f = torch.add(d, x)");
    }

    @Test
    void tanhOfFloat32() {
        Program program = program(line("a", "tanh", x));
        assertLines(
                new TanhBySigmoid(),
                program,
                "twice_a = torch.add(x, x)",
                "sigmoid_a = torch.sigmoid(twice_a)",
                "a = torch.add(minus_one, sigmoid_a, alpha=2)");
        Value exact = new Value("x", new Shape(4, 3), DataType.FLOAT64, Origin.BATCH, false);
        Value result = new Value("a", new Shape(4, 3), DataType.FLOAT64, Origin.RESULT, false);
        Line tanh = new Line("tanh", List.of(exact), List.of(result), "");
        assertLines(new TanhBySigmoid(), program(tanh), "a = torch.tanh(x)");
    }

    @Test
    void numbersAreMadeOnce() {
        Program program =
                program(
                        line("a", "mul", x, "0.5"),
                        line("c", "sub", t("a"), "0.0"),
                        line("d", "div", t("c"), "0.5"),
                        line("e", "add", t("d"), "0.5", "alpha=2"),
                        line("f", "mul", p, "1.0"));
        assertLines(
                new NumbersAsArrays(),
                program,
                "a = torch.mul(x, n0)",
                "d = torch.div(a, n0)",
                "e = torch.add(d, 0.5, alpha=2)",
                "f = torch.mul(p, n1)");
        assertEquals(
                List.of(
                        "n0 = torch.full([], 0.5, dtype=torch.float32, device=device)",
                        "n1 = torch.full([], 1.0, dtype=torch.float32, device=device)"),
                program.before.stream().map(Line::toString).toList());
    }

    @Test
    void numbersStayBesideHalfPrecision() {
        Value half = new Value("h", new Shape(4, 2), DataType.FLOAT16, Origin.BATCH, false);
        Value result = new Value("a", new Shape(4, 2), DataType.FLOAT16, Origin.RESULT, false);
        Line line = new Line("mul", List.of(half, "0.1"), List.of(result), "");
        assertLines(new NumbersAsArrays(), program(line), "a = torch.mul(h, 0.1)");
    }

    @Test
    void beforeTheLoop() {
        Line view = line("v", List.of(2L, 3L), "t", p);
        Line copy = line("c", List.of(6L), "reshape", p, "[6]"); // may be a copy
        Program program = program(view, copy, line("d", "add", t("v"), t("c")));
        assertLines(
                new BeforeTheLoop(), program, "c = torch.reshape(p, [6])", "d = torch.add(v, c)");
        assertEquals("[v = torch.t(p)]", program.before.toString());
    }

    @Test
    void viewsOfBuffersBeforeTheLoop() {
        Line first = line("a", List.of(4L, 3L), "exp", x);
        Line view = line("v", List.of(3L, 4L), "t", t("a"));
        Line same = line("w", List.of(3L, 4L), "t", t("a"));
        Line flat = line("c", List.of(12L), "reshape", t("a"), "[12]");
        Line copy = line("d", List.of(12L), "reshape", t("v"), "[12]"); // of a transpose
        Program program =
                program(first, view, same, flat, copy, line("s", "f", t("v"), t("w"), t("c")));
        new Buffers().apply(program);
        assertLines(
                new BeforeTheLoop(),
                program,
                "torch.exp(x, out=b0_a)",
                "d = torch.reshape(v, [12])",
                "s = torch.f(v, v, c)");
        assertEquals(
                List.of("v = torch.t(b0_a)", "c = torch.reshape(b0_a, [12])"),
                program.before.stream().skip(1).map(Line::toString).toList());
    }

    @Test
    void buffersAndTheMemoryOfLastReads() {
        Line first = line("a", "exp", x);
        Line second = line("c", "tanh", t("a")); // a is read again below
        Line third = line("d", "mul", t("c"), t("a"));
        Line fourth = line("e", "neg", t("d"));
        Program program =
                program(first, second, third, fourth, line("f", List.of(), "sum", t("e")));
        assertLines(
                new Buffers(),
                program,
                "torch.exp(x, out=b0_a)",
                "torch.tanh(b0_a, out=b1_c)",
                "torch.mul(b1_c, b0_a, out=b1_c)",
                "torch.neg(b1_c, out=b1_c)",
                "f = torch.sum(b1_c)");
        assertEquals(2, program.before.size());
    }

    @Test
    void memoryThatAViewReadsIsNotTaken() {
        Line square = line("a", List.of(2L, 2L), "exp", x);
        Line view = line("v", List.of(2L, 2L), "t", t("a"));
        Line sum = line("c", List.of(2L, 2L), "add", t("a"), t("v"));
        Program program = program(square, view, sum, line("f", List.of(), "sum", t("c")));
        assertLines(
                new Buffers(),
                program,
                "torch.exp(x, out=b0_a)",
                "v = torch.t(b0_a)",
                "torch.add(b0_a, v, out=b1_c)",
                "f = torch.sum(b1_c)");
    }

    @Test
    void resultsOfTheStepAreNotOverwritten() {
        assertLines(new Buffers(), program(line("a", "exp", x)), "a = torch.exp(x)");
    }
}
