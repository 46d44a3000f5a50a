/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Computes once and for all, when the step is compiled, what is made of numbers and shapes. */
final class FoldedConstants implements Pass {

    @Override
    public void apply(Program program) {
        List<Line> kept = new ArrayList<>();
        List<Value> read = new ArrayList<>(program.results);
        for (Line line : program.step) {
            boolean isConstant =
                    !line.results().isEmpty()
                            && line.results().stream().allMatch(program.constants::containsKey);
            if (!isConstant) {
                kept.add(line);
                read.addAll(line.operands());
            }
        }
        Map<Value, Value> replacements = new HashMap<>();
        for (Value value : read) {
            NDArray array = program.constants.get(value);
            if (array != null && !replacements.containsKey(value)) {
                String name = "k" + replacements.size();
                Value folded = new Value(name, value.shape, value.type, Value.Origin.CONSTANT);
                replacements.put(value, folded);
                program.addConstant(folded, array);
            }
        }
        program.step = kept;
        program.replace(replacements);
    }
}
