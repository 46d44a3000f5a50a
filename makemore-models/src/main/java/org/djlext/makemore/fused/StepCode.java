/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.djlext.torch.ops.Reductions;

/** The lines of a training step's script while they are written, and the arrays that they use. */
public final class StepCode {

    /** What updates the parameters. */
    enum Update {
        SGD,
        ADAMW
    }

    private static final String DECAYED = "decayed";
    private static final String KEPT = "kept";
    private static final String NEW = "dtype=p0.dtype, device=p0.device)";

    private final Update update;
    private final int positions;
    private final StringBuilder sizes = new StringBuilder();
    private final StringBuilder before = new StringBuilder();
    private final Set<String> buffers = new LinkedHashSet<>();
    private final StringBuilder lines = new StringBuilder();
    private final StringBuilder fresh = new StringBuilder();
    private final StringBuilder afterwards = new StringBuilder();
    private String targets = "";
    private String unpadded = ""; // the part of the logits that is not padding
    private final NDList arrays = new NDList();
    private final List<String> trained = new ArrayList<>();
    private final NDList weights = new NDList();
    private final Set<String> declared = new HashSet<>();
    // Names that each step binds anew, so that there can be no view of them before the steps.
    private final Set<String> bound = new HashSet<>();
    private int results;
    private int lossKnown; // the place in the lines
    private String x = "x0";
    private int rowsOfExample;

    StepCode(Update update, int positions) {
        this.update = update;
        this.positions = positions;
        rowsOfExample = positions;
    }

    /** Returns how many indices an example has. */
    int positions() {
        return positions;
    }

    /** Returns the name of what was computed last, at first of the indices. */
    String x() {
        return x;
    }

    /** Returns a buffer for what is computed now, with a row for each of the current ones. */
    String buffer(long features) {
        x = "x" + ++results;
        declare("%s = torch.empty([%s, %d], " + NEW, x, rows(), features);
        return x;
    }

    /**
     * Returns a copy of a parameter, padded with columns, that is trained in its place.
     *
     * @param p the parameter
     * @param columns how many columns it has
     * @param width how many the copy has
     * @param number what the new ones hold
     */
    String padded(String p, long columns, long width, String number) {
        String copy = "padded_" + p;
        String added = Long.toString(width - columns);
        declare("%s = torch.constant_pad_nd(%s, [0, %s], %s)", copy, p, added, number);
        declare("own_%s = %s.narrow(-1, 0, %s)", p, copy, Long.toString(columns));
        unpadded = ".narrow(1, 0, " + columns + ")";
        // Where buffers stay, the parameter may have changed meanwhile.
        add(fresh, 4, "own_%s.copy_(%s)", p, p);
        add(afterwards, 4, "%s.copy_(own_%s)", p, p);
        return copy;
    }

    /**
     * Returns the name of a list of what each step's log softmax is multiplied by for the mean
     * cross entropy, of the same shape: -1 / n at the label, else 0. It is made in one operation
     * for all steps.
     *
     * @param logits the name of the logits
     */
    String targets(String logits) {
        targets = logits;
        return "targets";
    }

    /** Returns a name for what is computed now, in memory of its own in each step. */
    String bound(long features) {
        x = "x" + ++results;
        number("%s_shape = [%s, %d]", x, rows(), features);
        bound.add(x);
        return x;
    }

    /** Returns a name for a view of what was computed before. */
    String view(String format, Object... names) {
        String viewed = x;
        x = "x" + ++results;
        bind(x, viewed, String.format(Locale.ROOT, format, names));
        return x;
    }

    /** Lets a name stand for a view of another, before all steps if it is of a buffer. */
    void bind(String name, String viewed, String expression) {
        if (bound.contains(viewed)) {
            bound.add(name);
            line("%s = %s", name, expression);
        } else {
            declare("%s = %s", name, expression);
        }
    }

    /** Returns the name of the gradient of a result. */
    static String d(String result) {
        return "d_" + result;
    }

    /** Returns a buffer for the gradient of a result. */
    String gradient(String result) {
        if (bound.contains(result)) {
            declare("%s = torch.empty(%s_shape, " + NEW, d(result), result);
        } else {
            declare("%s = torch.empty_like(%s)", d(result), result);
        }
        return d(result);
    }

    /** Returns a name for the gradient of a result, in memory of its own in each step. */
    String boundGradient(String result) {
        bound.add(d(result));
        return d(result);
    }

    /** Returns the transpose of a matrix. */
    String transposed(String matrix) {
        if (bound.contains(matrix)) {
            return matrix + ".t()";
        }
        if (declared.add(matrix + "_t")) {
            declare("%s_t = %s.t()", matrix, matrix);
        }
        return matrix + "_t";
    }

    /** Returns the name of an array that the script reads or moves, but does not train. */
    String array(NDArray array) {
        arrays.add(array);
        return "p" + (arrays.size() - 1);
    }

    /** Returns the name of a parameter. */
    String parameter(NDArray parameter) {
        String p = array(parameter);
        trained.add("g_" + p);
        weights.add(parameter);
        return p;
    }

    /** Says that so many rows have become one. */
    void mergeRows(int count) {
        rowsOfExample /= count;
    }

    /** Returns the name of the number of rows at this place. */
    String rows() {
        String rows = "rows" + rowsOfExample;
        if (declared.add(rows)) {
            number("%s = n * %d", rows, rowsOfExample);
            // n / (n - 1), by which the unbiased variance is larger than the mean square
            number("bessel_%s = float(%s) / max(float(%s) - 1.0, 1.0)", rows, rows, rows);
            declare("ones_%s = torch.ones([%s], " + NEW, rows, rows);
        }
        return rows;
    }

    /** Adds a line before all steps that computes tensors, with names in the places of %s. */
    void declare(String format, Object... names) {
        add(before, 4, format, names);
        String line = String.format(Locale.ROOT, format, names);
        buffers.addAll(List.of(line.substring(0, line.indexOf(" = ")).split(", ")));
    }

    /** Adds a line before all steps that computes numbers from the batch size n. */
    private void number(String format, Object... names) {
        add(sizes, 4, format, names);
    }

    /** Declares a number as an array, once. */
    String constant(String name, Object value) {
        if (declared.add(name)) {
            declare("%s = torch.full([], %s, " + NEW, name, value);
        }
        return name;
    }

    /** Tells whether parameters are updated at once, and nothing is kept of them. */
    boolean isSgd() {
        return update == Update.SGD;
    }

    /** Tells whether an example has one label. */
    boolean isOneLabel() {
        return rowsOfExample == 1;
    }

    /** Says that the lines so far have computed the loss. */
    void lossIsKnown() {
        lossKnown = lines.length();
    }

    /** Adds a line of the step, with names in the places of %s. */
    void line(String format, Object... names) {
        add(lines, 8, format, names);
    }

    private static void add(StringBuilder to, int indent, String format, Object... names) {
        to.append(" ".repeat(indent))
                .append(String.format(Locale.ROOT, format, names))
                .append('\n');
    }

    /** Adds the lines for a parameter whose gradient is a product of matrices. */
    void productGradient(String p, String a, String b) {
        if (isSgd()) {
            line("%s.addmm_(%s, %s, alpha=-lr)", p, a, b);
        } else {
            declare("g_%s = torch.empty_like(%s)", p, p);
            line("torch.mm(%s, %s, out=g_%s)", a, b, p);
        }
    }

    /** Adds the lines for a parameter whose gradient is the sum of a matrix over its rows. */
    void rowSumGradient(String p, String transposed, String rows) {
        if (isSgd()) {
            line("%s.addmv_(%s, ones_%s, alpha=-lr)", p, transposed, rows);
        } else {
            declare("g_%s = torch.empty_like(%s)", p, p);
            line("torch.mv(%s, ones_%s, out=g_%s)", transposed, rows, p);
        }
    }

    /** Adds the lines for a parameter with any gradient. */
    void anyGradient(String p, String gradient) {
        if (isSgd()) {
            line("%s.sub_(%s, alpha=lr)", p, gradient);
        } else {
            line("g_%s = %s", p, gradient);
        }
    }

    /** Adds the lines for a parameter whose gradient is a number times what is computed here. */
    void scaledGradient(String p, String scale, String gradient) {
        if (isSgd()) {
            line("%s.sub_(%s, alpha=lr * %s)", p, gradient, scale);
        } else {
            line("g_%s = %s.mul_(%s)", p, gradient, scale);
        }
    }

    /** Adds the lines for a table whose rows at some places get the rows of a gradient. */
    void placedGradient(String p, String places, String gradient, long count) {
        if (isSgd()) {
            // No table of zeros; the gradient is not needed afterwards.
            line("%s.index_put_([%s], %s.mul_(-lr), True)", p, places, gradient);
        } else {
            line(
                    "g_%s = torch.embedding_dense_backward(%s, %s, %d, -1, False)",
                    p, gradient, places, count);
        }
    }

    /** Returns the arrays, in the order in which the script takes them. */
    NDList arrays() {
        return arrays;
    }

    /** Returns the parameters among the arrays. */
    NDList weights() {
        return weights;
    }

    /**
     * Returns the script of many steps: "steps", which returns their losses.
     *
     * @param decays which of the parameters decay, for AdamW
     */
    String script(List<Boolean> decays) {
        StringBuilder script = new StringBuilder(Reductions.GLOBAL_NORM);
        addHeader(script, "steps(xs, ys, arrays: List[Tensor],");
        addArrays(script);
        addBatches(script);
        script.append(sizes).append(before);
        addTargets(script);
        addSteps(script, decays, "");
        script.append(afterwards);
        add(script, 4, "return losses");
        return script.toString();
    }

    /**
     * Returns the script of steps with buffers that stay: "prepare", which returns the buffers for
     * a batch size, and "step", which returns the loss and a copy of the logits of each step.
     *
     * @param decays which of the parameters decay, for AdamW
     * @param logits the name of the network's result
     */
    String preparedScript(List<Boolean> decays, String logits) {
        StringBuilder script = new StringBuilder(Reductions.GLOBAL_NORM);
        script.append("def prepare(n: int, arrays: List[Tensor]):\n");
        addArrays(script);
        script.append(sizes).append(before);
        add(script, 4, "return [%s]", String.join(", ", buffers));
        addHeader(
                script,
                "step(xs: List[Tensor], ys: List[Tensor], arrays: List[Tensor],"
                        + " buffers: List[Tensor],");
        addArrays(script);
        int place = 0;
        for (String buffer : buffers) {
            add(script, 4, "%s = buffers[%d]", buffer, place++);
        }
        add(script, 4, "batches = [x.reshape(-1) for x in xs]");
        add(script, 4, "labels = [y.reshape(-1) for y in ys]");
        addSize(script);
        script.append(sizes).append(fresh);
        addTargets(script);
        add(script, 4, "results: List[Tensor] = []");
        String shape = rowsOfExample == 1 ? "" : ".view(n, " + rowsOfExample + ", -1)";
        addSteps(
                script,
                decays,
                " ".repeat(8)
                        + "results += [loss, "
                        + logits
                        + unpadded
                        + ".clone()"
                        + shape
                        + "]\n");
        script.append(afterwards);
        add(script, 4, "return results");
        return script.toString();
    }

    private static void addHeader(StringBuilder script, String start) {
        script.append("def ").append(start);
        // Lists of the caller: libtorch drops updates of lists that are made in the script.
        for (String group : List.of(DECAYED, KEPT)) {
            for (String list : List.of("", "_means", "_squares", "_counts")) {
                script.append(" ").append(group).append(list).append(": List[Tensor],");
            }
        }
        script.append(" count, settings: List[float], rates: List[float]):\n");
    }

    private void addArrays(StringBuilder script) {
        for (int i = 0; i < arrays.size(); i++) {
            add(script, 4, "p%d = arrays[%d]", i, i);
        }
        add(script, 4, "one = torch.ones([], " + NEW);
    }

    private void addBatches(StringBuilder script) {
        add(script, 4, "batches = xs.reshape(len(rates), -1).unbind(0)");
        add(script, 4, "labels = ys.reshape(len(rates), -1).unbind(0)");
        addSize(script);
    }

    private void addTargets(StringBuilder script) {
        if (!targets.isEmpty()) {
            add(script, 4, "shape = [len(labels), %s.size(0), %s.size(1)]", targets, targets);
            add(script, 4, "all_targets = torch.zeros(shape, " + NEW);
            add(script, 4, "places = torch.stack(labels).unsqueeze(2)");
            add(script, 4, "all_targets.scatter_(2, places, -1.0 / shape[1])");
            add(script, 4, "targets = all_targets.unbind(0)");
        }
    }

    private void addSize(StringBuilder script) {
        add(script, 4, "n = batches[0].size(0) // %d", positions);
        add(script, 4, "none: List[Tensor] = []");
        add(script, 4, "losses: List[float] = []");
    }

    private void addSteps(StringBuilder script, List<Boolean> decays, String withLoss) {
        add(script, 4, "for i in range(len(rates)):");
        add(script, 8, "lr = rates[i]");
        add(script, 8, "x0 = batches[i]");
        script.append(lines, 0, lossKnown)
                .append(withLoss)
                .append(lines, lossKnown, lines.length());
        if (update == Update.ADAMW) {
            addClipping(script);
            add(script, 8, "count.add_(one)");
            addAdamW(script, DECAYED, gradients(decays, true), "settings[2]");
            addAdamW(script, KEPT, gradients(decays, false), "0.0");
        }
    }

    private List<String> gradients(List<Boolean> decays, boolean decay) {
        return IntStream.range(0, decays.size())
                .filter(i -> decays.get(i) == decay)
                .mapToObj(trained::get)
                .toList();
    }

    private void addClipping(StringBuilder script) {
        add(script, 8, "if settings[4] > 0.0:");
        // As GradientClipping.byNorm.
        String gradients = String.join(", ", trained);
        add(script, 12, "factor = settings[4] / (float(global_norm([%s])) + 1e-6)", gradients);
        add(script, 12, "if not factor >= 1.0:");
        trained.forEach(g -> add(script, 16, "%s.mul_(factor)", g));
    }

    private static void addAdamW(
            StringBuilder script, String group, List<String> gradients, String decay) {
        if (!gradients.isEmpty()) {
            add(
                    script,
                    8,
                    "torch._fused_adamw_(%s, [%s], %s_means, %s_squares, none, %s_counts, lr=lr,"
                            + " beta1=settings[0], beta2=settings[1], weight_decay=%s,"
                            + " eps=settings[3], amsgrad=False, maximize=False)",
                    group,
                    String.join(", ", gradients),
                    group,
                    group,
                    group,
                    decay);
        }
    }
}
