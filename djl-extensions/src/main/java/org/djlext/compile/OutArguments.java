/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the engine's functions call the arrays that they may write their results to. */
final class OutArguments {

    // An element of the result is made of the same element of the operands alone.
    private static final Set<String> ELEMENTWISE =
            Set.of(
                    "add",
                    "sub",
                    "mul",
                    "div",
                    "exp",
                    "log",
                    "sqrt",
                    "square",
                    "pow",
                    "tanh",
                    "sigmoid",
                    "neg",
                    "reciprocal",
                    "clamp_min",
                    "tanh_backward",
                    "sigmoid_backward",
                    "threshold_backward",
                    "gelu_backward");

    private static final String BATCH_NORM = "native_batch_norm";

    private static final Map<String, List<String>> NAMES = new HashMap<>();

    static {
        for (String operation : ELEMENTWISE) {
            put("out", operation);
        }
        put("out", "matmul", "mm", "mv", "bmm", "index_select", "gather", "scatter_add");
        put("out", "_log_softmax", "_softmax", "_log_softmax_backward_data", "sum", "mean", "cat");
        put("grad_input", "tanh_backward", "sigmoid_backward", "threshold_backward");
        put("grad_input", "gelu_backward", "_softmax_backward_data", "nll_loss_backward");
        NAMES.put(BATCH_NORM, List.of("out", "save_mean", "save_invstd"));
    }

    private OutArguments() {}

    private static void put(String name, String... operations) {
        for (String operation : operations) {
            NAMES.put(operation, List.of(name));
        }
    }

    /** Returns the names for a line, one for each result, or none if it has to allocate. */
    static List<String> of(Line line) {
        List<String> names = NAMES.getOrDefault(line.operation(), List.of());
        // Sums over all axes have no form with out, and products with vectors give it another
        // shape.
        boolean allocates =
                switch (line.operation()) {
                    case "sum", "mean" -> line.arguments().size() < 2;
                    case "matmul" ->
                            line.operands().stream().anyMatch(each -> each.shape.dimension() < 2);
                    default -> false;
                };
        return allocates || !isOfOneType(line) ? List.of() : names;
    }

    static boolean isElementwise(Line line) {
        return ELEMENTWISE.contains(line.operation());
    }

    /**
     * Tells whether the engine writes wrong numbers if the first operand is not contiguous, as its
     * batch norm does in libtorch 2.7.1.
     */
    static boolean wantsContiguous(Line line) {
        return line.operation().equals(BATCH_NORM);
    }

    /** Tells whether the results have the type of the operands, indices apart. */
    private static boolean isOfOneType(Line line) {
        if (line.results().isEmpty()) {
            return false;
        }
        DataType type = line.results().get(0).type;
        return line.operands().stream()
                .allMatch(
                        operand ->
                                operand.type == type
                                        || (!isElementwise(line)
                                                && operand.type == DataType.INT64));
    }
}
