/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Derivatives of the engine's own operations, by the kernels that its autograd uses.
 *
 * <p>What is in here needs no graph in the script, and its backward can be made faster by the same
 * passes as its forward. What is not is left to {@code torch.grad}.
 */
final class Derivatives {

    /** Gives the operands of a line their gradients. */
    interface Rule {
        void apply(LineGradient g);
    }

    /** The gradient of an operand. */
    private interface Gradient {
        NDArray of(LineGradient g);
    }

    // An operation, the kernel of its backward as LineGradient.kernel takes it (behind the name of
    // the operation if it begins with _), and the operands whose gradients that computes.
    private static final String KERNELS =
            """
            select            _backward(dy, shape, x1, x2)                         0
            slice             _backward(dy, shape, x1, x2, x3, x4)                 0
            tanh              _backward(dy, y)                                     0
            sigmoid           _backward(dy, y)                                     0
            silu              _backward(dy, x0)                                    0
            clamp_min         threshold_backward(dy, y, x1)                        0
            gather            scatter_add(zeros, x1, x2, dy)                       0
            _softmax          _backward_data(dy, y, x1, type)                      0
            _log_softmax      _backward_data(dy, y, x1, type)                      0
            nll_loss_forward  nll_loss_backward(dy, x0, x1, x2, x3, x4, s0)        0
            native_batch_norm _backward(dy, x0, x1, x3, x4, s0, s1, x5, x7, mask)  0 1 2
            native_layer_norm _backward(dy, x0, x1, s0, s1, x2, x3, mask)          0 2 3
            """;
    private static final Pattern KERNEL = Pattern.compile("(\\S+) +(.*\\)) +(.*)");

    private static final Map<String, Rule> RULES = new HashMap<>();

    static {
        KERNELS.lines().forEach(Derivatives::addKernel);
        put("alias", LineGradient::dy);
        put("reshape", g -> g.dy().reshape(g.shape(0)));
        put("expand", LineGradient::dy);
        put("t", Derivatives::transpose);
        put("transpose", g -> g.dy().swapAxes(g.number(1), g.number(2)));
        put("permute", g -> g.dy().transpose(inverse(g.numbers(1))));
        put("add", LineGradient::dy, LineGradient::dy);
        put("sub", LineGradient::dy, g -> g.dy().neg());
        put("mul", g -> byNumber(g, NDArray::mul), g -> g.dy().mul(g.x(0)));
        // d(a/b)/db = -a/b^2 = -y/b
        put("div", g -> byNumber(g, NDArray::div), g -> g.dy().mul(g.y()).div(g.x(1)).neg());
        put("neg", g -> g.dy().neg());
        put("exp", g -> g.dy().mul(g.y()));
        put("log", g -> g.dy().div(g.x(0)));
        put("sqrt", g -> g.dy().div(g.y().mul(2)));
        put("square", g -> g.dy().mul(g.x(0).mul(2)));
        put("abs", g -> g.dy().mul(g.x(0).sign()));
        put("sin", g -> g.dy().mul(g.x(0).cos()));
        put("cos", g -> g.dy().mul(g.x(0).sin()).neg());
        put("pow", Derivatives::pow);
        put("gelu", Derivatives::gelu);
        put("sum", g -> spread(g).broadcast(g.shape(0)));
        put("mean", Derivatives::mean);
        for (String product : List.of("mm", "matmul")) {
            put(product, g -> g.dy().matMul(swapped(g.x(1))), g -> swapped(g.x(0)).matMul(g.dy()));
        }
        // x of shape (.., in), w of shape (out, in), b of shape (out)
        put(
                "linear",
                g -> rows(g).matMul(g.x(1)).reshape(g.shape(0)),
                g -> rows(g).transpose().matMul(flat(g.x(0))),
                g -> rows(g).sum(new int[] {0}));
        put("split_with_sizes", Derivatives::split);
        put("index_select", Derivatives::table);
        RULES.put("where", Derivatives::where);
        RULES.put("cat", Derivatives::cat);
        addKernel(Networks.ATTENTION + " _backward(dy, x0, x1, x2, y, s0, 0.0, x4) 0 1 2");
        for (int axes = 1; axes <= 3; axes++) {
            RULES.put("conv" + axes + "d", Derivatives::convolution);
        }
    }

    private Derivatives() {}

    private static void addKernel(String line) {
        Matcher matcher = KERNEL.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a line of the table: " + line);
        }
        String operation = matcher.group(1);
        String call = matcher.group(2);
        String kernel = call.startsWith("_") ? operation + call : call;
        int[] operands =
                Arrays.stream(matcher.group(3).split(" ")).mapToInt(Integer::parseInt).toArray();
        RULES.put(operation, g -> g.addAll(g.kernel(kernel, operands), operands));
    }

    /** Adds the gradients of operands, from the first on, which are computed where wanted. */
    private static void put(String operation, Gradient... gradients) {
        RULES.put(
                operation,
                g -> {
                    for (int i = 0; i < gradients.length; i++) {
                        if (g.wants(i)) {
                            g.add(i, gradients[i].of(g));
                        }
                    }
                });
    }

    /** Tells whether there is a rule for a line on a device. */
    static boolean covers(Line line) {
        if (line.hasNamedArguments() && !line.operation().equals("gelu")) {
            return false; // such as the rounding of a quotient
        }
        return switch (line.operation()) {
            case "pow" -> !(line.arguments().get(1) instanceof Value);
            case "matmul" -> isPlainProduct(line.operand(0).shape, line.operand(1).shape);
            case "linear" -> isMatrix(line.operand(1));
            case "index_select" -> line.arguments().get(1).equals("0") && isMatrix(line.operand(0));
            default -> RULES.containsKey(line.operation());
        };
    }

    /** Tells whether the rule for a line takes the gradients of all results. */
    static boolean takesAll(Line line) {
        return line.operation().equals("split_with_sizes");
    }

    private static boolean isMatrix(Value value) {
        return value.shape.dimension() == 2;
    }

    /** Differentiates a line that there is a rule for. */
    static void apply(LineGradient g) {
        Rule rule = RULES.get(g.line().operation());
        if (rule == null) {
            throw new IllegalStateException("no derivative of " + g.line());
        }
        rule.apply(g);
    }

    /** (a b)^T is taken as b^T a^T, which is laid out as what it is the gradient of. */
    private static NDArray transpose(LineGradient g) {
        Line maker = g.maker();
        if (maker == null || !maker.operation().equals("mm")) {
            return g.dy().transpose();
        }
        NDArray a = g.tape().array(maker.operand(0));
        NDArray b = g.tape().array(maker.operand(1));
        return b.transpose().matMul(a.transpose());
    }

    private static int[] inverse(int[] axes) {
        int[] inverse = new int[axes.length];
        IntStream.range(0, axes.length).forEach(i -> inverse[axes[i]] = i);
        return inverse;
    }

    /** The gradient combined with the other operand, which may be a number. */
    private static NDArray byNumber(LineGradient g, BinaryOperator<NDArray> operator) {
        return g.isArray(1)
                ? operator.apply(g.dy(), g.x(1))
                : g.kernel(g.line().operation() + "(dy, x1)", 0).head();
    }

    private static NDArray pow(LineGradient g) {
        double n = Double.parseDouble(g.argument(1).toString());
        return n == 0 ? g.dy().zerosLike() : g.dy().mul(g.x(0).pow(n - 1).mul(n));
    }

    private static NDArray mean(LineGradient g) {
        double count = (double) g.shape(0).size() / Math.max(1, g.dy().size());
        return spread(g).div(count).broadcast(g.shape(0));
    }

    /** The gradient with the axes of the operand, of size 1 where it was summed over. */
    private static NDArray spread(LineGradient g) {
        int[] axes = g.line().arguments().size() > 1 ? g.numbers(1) : new int[0];
        if (axes.length == 0) {
            long[] ones = new long[g.shape(0).dimension()];
            Arrays.fill(ones, 1);
            return g.dy().reshape(new Shape(ones));
        }
        long[] sizes = g.shape(0).getShape().clone();
        // The engine takes an array without axes for one with an axis of size 1.
        for (int axis : sizes.length == 0 ? new int[0] : axes) {
            sizes[axis < 0 ? axis + sizes.length : axis] = 1;
        }
        return g.dy().reshape(new Shape(sizes));
    }

    private static boolean isPlainProduct(Shape a, Shape b) {
        int axes = a.dimension();
        return axes >= 2
                && axes == b.dimension()
                && a.slice(0, axes - 2).equals(b.slice(0, axes - 2));
    }

    private static NDArray swapped(NDArray array) {
        int axes = array.getShape().dimension();
        return axes == 2 ? array.transpose() : array.swapAxes(axes - 2, axes - 1);
    }

    // An axis that is to be found has no size where there are no elements.
    private static NDArray flat(NDArray array) {
        Shape shape = array.getShape();
        int last = shape.dimension() - 1;
        return array.reshape(shape.slice(0, last).size(), shape.get(last));
    }

    private static NDArray rows(LineGradient g) {
        return flat(g.dy()); // (n, out)
    }

    // There may be another argument, which says how it is approximated.
    private static NDArray gelu(LineGradient g) {
        boolean isPlain = g.line().arguments().size() == 1;
        return g.kernel(isPlain ? "gelu_backward(dy, x0)" : "gelu_backward(dy, x0, x1)", 0).head();
    }

    private static void where(LineGradient g) {
        NDArray zeros = g.dy().zerosLike();
        NDArray condition = g.x(0).broadcast(zeros.getShape());
        if (g.wants(1)) {
            g.add(1, NDArrays.where(condition, g.dy(), zeros));
        }
        if (g.wants(2)) {
            g.add(2, NDArrays.where(condition, zeros, g.dy()));
        }
    }

    private static void cat(LineGradient g) {
        int given = g.number(1);
        int axis = given < 0 ? given + g.dy().getShape().dimension() : given;
        List<Value> parts = new ArrayList<>();
        for (Value part : g.line().operands()) {
            // The engine leaves out what has one axis and no elements, whatever shape the rest has.
            if (part.shape.equals(new Shape(0))) {
                g.addTo(part, g.tape().zeros(part));
            } else {
                parts.add(part);
            }
        }
        long[] ends = new long[Math.max(0, parts.size() - 1)];
        long end = 0;
        for (int i = 0; i < ends.length; i++) {
            end += parts.get(i).shape.get(axis);
            ends[i] = end;
        }
        NDList gradients = ends.length == 0 ? new NDList(g.dy()) : g.dy().split(ends, axis);
        for (int i = 0; i < parts.size(); i++) {
            g.addTo(parts.get(i), gradients.get(i));
        }
    }

    private static NDArray split(LineGradient g) {
        NDList parts = new NDList();
        for (int k = 0; k < g.line().results().size(); k++) {
            parts.add(g.dy(k));
        }
        return NDArrays.concat(parts, g.number(2));
    }

    // dy of shape (n, D) and places of shape (n) in a table of shape (V, D)
    private static NDArray table(LineGradient g) {
        long rows = g.shape(0).get(0);
        return g.kernel("embedding_dense_backward(dy, x2, " + rows + ", -1, False)", 0).head();
    }

    // x, w, b, stride, padding, dilation, groups
    private static void convolution(LineGradient g) {
        Shape w = g.shape(1);
        String bias = g.isArray(2) ? "[" + w.get(0) + "]" : "None";
        String none = Collections.nCopies(w.dimension() - 2, 0).toString().replace(" ", "");
        String arguments = "dy, x0, x1, " + bias + ", x3, x4, x5, False, " + none + ", x6, mask";
        g.addAll(g.kernel("convolution_backward(" + arguments + ")", 0, 1, 2), 0, 1, 2);
    }
}
