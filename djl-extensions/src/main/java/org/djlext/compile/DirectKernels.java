/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.List;

/** Calls the kernel that a function of the engine chooses by looking at its arguments. */
final class DirectKernels implements Pass {

    @Override
    public void apply(Program program) {
        program.rewrite(line -> List.of(direct(line)));
    }

    /** Tells whether a line is the product of two matrices. */
    static boolean isProduct(Line line) {
        return line.operation().equals("matmul")
                && line.operand(0).shape.dimension() == 2
                && line.operand(1).shape.dimension() == 2;
    }

    private static Line direct(Line line) {
        return switch (line.operation()) {
            case "matmul" -> isProduct(line) ? line.with("mm", line.arguments().toArray()) : line;
            // The same, and it can write to a buffer.
            case "relu" -> line.with("clamp_min", line.operand(0), "0");
            case "softmax", "log_softmax" -> {
                boolean isPlain =
                        line.arguments().size() == 2 && line.operand(0).type == line.result().type;
                yield isPlain
                        ? line.with(
                                "_" + line.operation(),
                                line.operand(0),
                                line.arguments().get(1),
                                "False")
                        : line;
            }
            default -> line;
        };
    }
}
