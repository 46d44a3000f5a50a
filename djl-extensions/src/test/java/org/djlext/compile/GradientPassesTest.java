/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.djlext.compile.Value.Origin;
import org.junit.jupiter.api.Test;

/** What passes make of gradients, updates and running statistics. */
class GradientPassesTest extends PassCase {

    private final Value running = value("q", Origin.PARAMETER, 3);

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
                "torch.fill_(rate_x, -lr)",
                "r_x = torch.mul(x, rate_x)",
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
}
