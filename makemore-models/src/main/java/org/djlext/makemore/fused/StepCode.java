/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The lines of a training step, and the arrays that they use. */
public final class StepCode {

    private static final String INDENT = " ".repeat(8);

    private final StringBuilder lines = new StringBuilder();
    private final NDList arrays = new NDList();
    private final Map<Integer, String> rowCounts = new TreeMap<>();
    private int results;
    private int rowsOfExample;

    StepCode(int rowsOfExample) {
        this.rowsOfExample = rowsOfExample;
    }

    /** Returns the name of what was computed last, at first of the indices. */
    String x() {
        return "x" + results;
    }

    /** Returns the name for what is computed now. */
    String next() {
        results++;
        return x();
    }

    /** Returns the name of an array that the script reads or updates. */
    String array(NDArray array) {
        arrays.add(array);
        return "p" + (arrays.size() - 1);
    }

    /** Returns how many rows an example has at this place: its positions. */
    int rowsOfExample() {
        return rowsOfExample;
    }

    /** Says that so many rows have become one. */
    void mergeRows(int count) {
        rowsOfExample /= count;
    }

    /** Returns the name of the number of rows at this place. */
    String rows() {
        return rowCounts.computeIfAbsent(rowsOfExample, count -> "rows" + count);
    }

    /** Adds a line, with names in the places of %s. */
    void line(String format, Object... names) {
        lines.append(INDENT).append(String.format(Locale.ROOT, format, names)).append('\n');
    }

    /** Returns the arrays, in the order in which the script takes them. */
    NDList arrays() {
        return arrays;
    }

    /** Returns the whole script. */
    String script() {
        StringBuilder script =
                new StringBuilder("def steps(arrays: List[Tensor], xs, ys, rates: List[float]):\n");
        String head = INDENT.substring(INDENT.length() / 2);
        for (int i = 0; i < arrays.size(); i++) {
            script.append(head).append("p" + i + " = arrays[" + i + "]\n");
        }
        rowCounts.forEach(
                (count, name) -> {
                    script.append(head).append(name + " = ys.size(1) * " + count + "\n");
                    // n / (n - 1), by which the unbiased variance is larger than the mean square
                    String bessel = "float(" + name + ") / max(float(" + name + ") - 1.0, 1.0)";
                    script.append(head).append("bessel_" + name + " = " + bessel + "\n");
                    script.append(head)
                            .append("ones_" + name + " = torch.ones([" + name + "], ")
                            .append("dtype=p0.dtype, device=p0.device)\n");
                });
        return script.append(head)
                .append("one = torch.ones([], dtype=p0.dtype, device=p0.device)\n")
                .append(head)
                .append("minus_one = -one\n")
                .append(head)
                .append("batches = xs.flatten(1).unbind(0)\n")
                .append(head)
                .append("labels = ys.unbind(0)\n")
                .append(head)
                .append("losses: List[float] = []\n")
                .append(head)
                .append("for i in range(len(rates)):\n")
                .append(INDENT)
                .append("lr = rates[i]\n")
                .append(INDENT)
                .append("x0 = batches[i]\n")
                .append(lines)
                .append(head)
                .append("return losses\n")
                .toString();
    }
}
