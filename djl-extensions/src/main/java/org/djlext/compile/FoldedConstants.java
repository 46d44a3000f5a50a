/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import java.util.HashMap;
import java.util.Map;

/** Computes once and for all, when the step is compiled, what is made of numbers and shapes. */
final class FoldedConstants implements Pass {

    @Override
    public void apply(Program program) {
        program.step.removeIf(
                line ->
                        !line.results().isEmpty()
                                && program.constants.keySet().containsAll(line.results()));
        Map<Value, Value> folded = new HashMap<>();
        program.results.replaceAll(value -> folded(value, program, folded));
        program.step.replaceAll(
                line -> line.replaceOperands(value -> folded(value, program, folded)));
    }

    private static Value folded(Value value, Program program, Map<Value, Value> folded) {
        NDArray array = program.constants.get(value);
        if (array == null) {
            return value;
        }
        return folded.computeIfAbsent(
                value,
                v -> {
                    String name = "k" + folded.size();
                    Value constant = new Value(name, v.shape, v.type, Value.Origin.CONSTANT);
                    program.addConstant(constant, array);
                    return constant;
                });
    }
}
