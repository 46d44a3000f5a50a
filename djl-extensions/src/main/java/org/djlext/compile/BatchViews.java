/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Gives data and labels another shape or type once for all steps of a call. */
final class BatchViews implements Pass {

    @Override
    public void apply(Program program) {
        Map<Value, Value> replacements = new HashMap<>();
        List<Line> lines = new ArrayList<>();
        for (Line original : program.step) {
            Line line = original.replaceOperands(v -> replacements.getOrDefault(v, v));
            boolean applies =
                    (line.operation().equals("reshape") || line.operation().equals("to"))
                            && line.operand(0).origin == Value.Origin.BATCH
                            && !program.isRecorded(line);
            if (!applies) {
                lines.add(line);
                continue;
            }
            Value result = line.result();
            Value all =
                    new Value(result.name, result.shape, result.type, Value.Origin.BATCH, false);
            replacements.put(result, all);
            Object how = line.arguments().get(1);
            program.batch.add(
                    new Program.BatchView(
                            all,
                            line.operand(0),
                            line.operation().equals("to") ? how.toString() : null));
        }
        program.step = lines;
        program.replace(replacements);
    }
}
