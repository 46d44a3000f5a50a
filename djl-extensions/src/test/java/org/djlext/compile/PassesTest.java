/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.djlext.compile.Value.Origin;
import org.junit.jupiter.api.Test;

/**
 * What each pass makes of a few lines. That they still compute the same is tested on whole blocks.
 */
class PassesTest {

    private final Map<String, Value> values = new HashMap<>();

    private Value value(String name, Origin origin, long... shape) {
        return values.computeIfAbsent(
                name, n -> new Value(n, new Shape(shape), DataType.FLOAT32, origin, false));
    }

    private final Value x = value("x", Origin.BATCH, 4, 3);
    private final Value p = value("p", Origin.PARAMETER, 3, 2);
    private final Value b = value("b", Origin.PARAMETER, 2);

    private Line line(String result, List<Long> shape, String operation, Object... arguments) {
        long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
        return new Line(
                operation, List.of(arguments), List.of(value(result, Origin.RESULT, sizes)), "");
    }

    private Line line(String result, String operation, Object... arguments) {
        return line(result, List.of(4L, 2L), operation, arguments);
    }

    private static Line change(String operation, Object... arguments) {
        return new Line(operation, List.of(arguments), List.of(), "");
    }

    private Program program(Line... lines) {
        Value last =
                lines[lines.length - 1].results().isEmpty() ? x : lines[lines.length - 1].result();
        return new Program(List.of(lines), List.of(last), Set.of(), Map.of());
    }

    private static void assertLines(Pass pass, Program program, String... expected) {
        pass.apply(program);
        assertEquals(List.of(expected), program.step.stream().map(Line::toString).toList());
    }

    private Value t(String name) {
        return Objects.requireNonNull(values.get(name));
    }

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
    void productAndSum() {
        Line product = line("a", "matmul", x, p);
        assertLines(
                new AddedProducts(),
                program(product, line("c", "add", t("a"), b)),
                "c = torch.addmm(b, x, p)");
    }

    @Test
    void productThatIsReadTwiceStays() {
        Line product = line("a", "matmul", x, p);
        Line sum = line("c", "add", t("a"), b);
        assertLines(
                new AddedProducts(),
                program(product, sum, line("d", "mul", t("a"), t("c"))),
                "a = torch.matmul(x, p)",
                "c = torch.add(a, b)",
                "d = torch.mul(a, c)");
    }

    @Test
    void updateInTheProduct() {
        Line view = line("v", List.of(3L, 4L), "t", x);
        Line dy = line("dy", "exp", b);
        Line gradient = line("g", List.of(3L, 2L), "matmul", t("v"), t("dy"));
        Line.Group weights = new Line.Group("weights0", List.of(b, p));
        Line bias = line("db", List.of(2L), "exp", b);
        List<Value> gradients = List.of(t("db"), t("g"));
        Line update = change("_foreach_add_", weights, gradients, "alpha=-lr");
        assertLines(
                new UpdatesInProducts(),
                program(view, dy, gradient, bias, update),
                "v = torch.t(x)",
                "dy = torch.exp(b)",
                "db = torch.exp(b)",
                "torch.addmm_(p, v, dy, alpha=-lr)",
                "torch._foreach_add_(other_weights0, [db], alpha=-lr)");
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
                "a = torch.exp(x, out=b0_a)",
                "c = torch.tanh(a, out=b1_c)",
                "d = torch.mul(c, a, out=b1_c)",
                "e = torch.neg(d, out=b1_c)",
                "f = torch.sum(e)");
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
                "a = torch.exp(x, out=b0_a)",
                "v = torch.t(a)",
                "c = torch.add(a, v, out=b1_c)",
                "f = torch.sum(c)");
    }

    @Test
    void resultsOfTheStepAreNotOverwritten() {
        assertLines(new Buffers(), program(line("a", "exp", x)), "a = torch.exp(x)");
    }
}
