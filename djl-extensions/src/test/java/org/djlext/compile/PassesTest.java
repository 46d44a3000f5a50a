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
    void updatesTakeTheLastOperationOfAGradient() {
        Line view = line("v", List.of(3L, 4L), "t", x);
        Line dy = line("dy", "exp", b);
        Line product = line("g", List.of(3L, 2L), "matmul", t("v"), t("dy"));
        Line factor = line("db", List.of(2L), "mul", b, "0.5");
        Value table = value("c", Origin.PARAMETER, 5, 3);
        Value places = value("i", Origin.BATCH, 4);
        Line rows =
                line(
                        "dc",
                        List.of(5L, 3L),
                        "embedding_dense_backward",
                        x,
                        places,
                        "5",
                        "-1",
                        "False");
        Line twice = line("dq", List.of(2L), "mul", b, "0.5"); // is read again below
        Value q = value("q", Origin.PARAMETER, 2);
        Line update =
                change(
                        "_foreach_add_",
                        new Line.Group("weights0", List.of(p, b, table, q)),
                        List.of(t("g"), t("db"), t("dc"), t("dq")),
                        "alpha=-lr");
        assertLines(
                new FoldedUpdates(),
                program(view, dy, product, factor, rows, twice, update, line("r", "exp", t("dq"))),
                "v = torch.t(x)",
                "dy = torch.exp(b)",
                "dq = torch.mul(b, 0.5)",
                "torch.addmm_(p, v, dy, alpha=-lr)",
                "torch.add_(b, b, alpha=-lr * 0.5)",
                "r_x = torch.mul(x, -lr)",
                "torch.index_put_(c, [i], r_x, True)",
                "torch.add_(q, dq, alpha=-lr)",
                "r = torch.exp(dq)");
    }

    @Test
    void updatesOfMomentumStay() {
        Line update =
                change(
                        "_foreach_add_",
                        new Line.Group("weights0", List.of(b)),
                        new Line.Group("momentum0", List.of(value("m", Origin.PARAMETER, 2))),
                        "alpha=-lr");
        assertLines(
                new FoldedUpdates(),
                program(update),
                "torch._foreach_add_(weights0, momentum0, alpha=-lr)");
    }

    @Test
    void sumsOverRows() {
        Program program =
                program(
                        line("a", List.of(3L), "sum", x, "[0]", "False"),
                        line("c", List.of(4L), "sum", x, "[1]", "False"));
        assertLines(
                new RowSums(),
                program,
                "t_x = torch.t(x)",
                "a = torch.mv(t_x, ones_4_float32)",
                "c = torch.sum(x, [1], False)");
        assertEquals(
                "[ones_4_float32 = torch.ones([4], dtype=torch.float32, device=device)]",
                program.before.toString());
    }

    @Test
    void rowsOfATable() {
        Value places = value("i", Origin.BATCH, 2, 4);
        Line forward =
                line("e", List.of(2L, 4L, 2L), "embedding", p, places, "-1", "False", "False");
        Line backward =
                line(
                        "dp",
                        List.of(3L, 2L),
                        "embedding_dense_backward",
                        t("e"),
                        places,
                        "3",
                        "-1",
                        "False");
        assertLines(
                new RowsOfTables(),
                program(forward, backward),
                "flat_i = torch.reshape(i, [8])",
                "rows_e = torch.index_select(p, 0, flat_i)",
                "e = torch.reshape(rows_e, [2, 4, 2])",
                "flat_i = torch.reshape(i, [8])",
                "rows_of_e = torch.reshape(e, [8, 2])",
                "dp = torch.embedding_dense_backward(rows_of_e, flat_i, 3, -1, False)");
    }

    @Test
    void viewsOfTheBatch() {
        Line flat = line("a", List.of(12L), "reshape", x, "[12]");
        Line again = line("c", List.of(6L, 2L), "reshape", t("a"), "[6, 2]");
        Line other = line("d", List.of(6L, 2L), "to", t("c"), "torch.float64");
        Line result = line("e", "exp", t("d"));
        Program program = program(flat, again, other, result);
        assertLines(new BatchViews(), program, "e = torch.exp(d)");
        assertEquals(
                "[a of x, c of a, d of c]",
                program.batch.stream()
                        .map(view -> view.value() + " of " + view.of())
                        .toList()
                        .toString());
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

    private Line slice(String result, Value of, long from, long end) {
        return line(
                result,
                List.of(6L, 2L),
                "slice_backward",
                of,
                "[6, 2]",
                "0",
                Long.toString(from),
                Long.toString(end),
                "1");
    }

    @Test
    void slicesThatFillAnArray() {
        Value low = value("low", Origin.RESULT, 2, 2);
        Value middle = value("middle", Origin.RESULT, 3, 2);
        Value high = value("high", Origin.RESULT, 1, 2);
        Line first = slice("a", low, 0, 2);
        Line last = slice("c", high, 5, 6);
        Line sum = line("d", List.of(6L, 2L), "add", t("c"), t("a"));
        Line between = slice("e", middle, 2, 5);
        Line all = line("f", List.of(6L, 2L), "add", t("d"), t("e"));
        assertLines(
                new JoinedSlices(),
                program(first, last, sum, between, all),
                "f = torch.cat([low, middle, high], 0)");
    }

    @Test
    void slicesWithAGapStay() {
        Line first = slice("a", value("low", Origin.RESULT, 2, 2), 0, 2);
        Line last = slice("c", value("high", Origin.RESULT, 1, 2), 5, 6);
        Line sum = line("d", List.of(6L, 2L), "add", t("c"), t("a"));
        assertLines(
                new JoinedSlices(),
                program(first, last, sum),
                "a = torch.slice_backward(low, [6, 2], 0, 0, 2, 1)",
                "c = torch.slice_backward(high, [6, 2], 0, 5, 6, 1)",
                "d = torch.add(c, a)");
    }

    private final Value running = value("q", Origin.PARAMETER, 3);

    @Test
    void movingMean() {
        Line kept = line("a", List.of(3L), "mul", running, "0.9");
        Line added = line("c", List.of(3L), "mul", value("m", Origin.RESULT, 3), "0.1");
        Line sum = line("d", List.of(3L), "add", t("a"), t("c"));
        Program program = program(kept, added, sum, change("copy_", running, t("d")));
        new MovingMeans().apply(program);
        assertLines(new DeadLines(), program, "torch.lerp_(q, m, 0.1)");
        Line other = line("a", List.of(3L), "mul", running, "0.8"); // and 0.1 are not 1
        program = program(other, added, sum, change("copy_", running, t("d")));
        new MovingMeans().apply(program);
        assertEquals("torch.copy_(q, d)", program.step.get(3).toString());
    }

    private Program statistics(double eps) {
        Value variance = value("v", Origin.PARAMETER, 3);
        Line norm =
                new Line(
                        "native_batch_norm",
                        List.of(x, b, b, "None", "None", "True", "0.0", "0.75"),
                        List.of(
                                value("y", Origin.RESULT, 4, 3),
                                value("mean", Origin.RESULT, 3),
                                value("invstd", Origin.RESULT, 3)),
                        "");
        // n = 4, so that the unbiased variance is 4/3 of the other
        String ratio = Double.toString(4.0 / 3);
        Line power = line("a", List.of(3L), "pow", t("invstd"), "-2");
        Line scaled = line("c", List.of(3L), "mul", t("a"), ratio);
        Line less = line("d", List.of(3L), "sub", t("c"), Double.toString(eps));
        Program program =
                new Program(
                        List.of(
                                norm,
                                power,
                                scaled,
                                less,
                                change("lerp_", running, t("mean"), "0.1"),
                                change("lerp_", variance, t("d"), "0.1")),
                        List.of(t("y")),
                        Set.of(),
                        Map.of());
        new RunningStatistics().apply(program);
        new DeadLines().apply(program);
        return program;
    }

    @Test
    void runningStatisticsByTheKernel() {
        assertEquals(
                "[y, mean, invstd = torch.native_batch_norm(x, b, b, q, v, True, 0.1, 0.75)]",
                statistics(0.75 * 4 / 3).step.toString());
        assertEquals(6, statistics(0.5).step.size(), "another eps is another variance");
    }

    @Test
    void kernelsAreCalledAtOnce() {
        assertLines(
                new DirectKernels(),
                program(line("a", "matmul", x, p), line("c", "log_softmax", t("a"), "-1")),
                "a = torch.mm(x, p)",
                "c = torch._log_softmax(a, -1, False)");
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
