/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.djlext.compile.Value.Origin;
import org.junit.jupiter.api.Test;

/** What passes make of gradients and updates. */
class GradientPassesTest extends PassCase {

    @Test
    void updatesTakeTheLastOperationOfAGradient() {
        Line view = line("v", List.of(3L, 4L), "t", x);
        Line dy = line("dy", "exp", b);
        Line product = line("g", List.of(3L, 2L), "mm", t("v"), t("dy"));
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
}
