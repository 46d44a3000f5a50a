/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.List;

/** Gives data and labels another shape or type once for all steps of a call. */
final class BatchViews implements Pass {

    @Override
    public void apply(Program program) {
        program.rewrite(
                (line, same) -> {
                    boolean isType = line.operation().equals("to");
                    boolean applies =
                            (isType || line.operation().equals("reshape"))
                                    && line.operand(0).origin == Value.Origin.BATCH
                                    && !program.isRecorded(line);
                    if (!applies) {
                        return List.of(line);
                    }
                    Value one = line.result();
                    Value all = new Value(one.name, one.shape, one.type, Value.Origin.BATCH);
                    same.put(one, all);
                    String type = isType ? line.arguments().get(1).toString() : null;
                    program.batch.add(new Program.BatchView(all, line.operand(0), type));
                    return List.of();
                });
    }
}
