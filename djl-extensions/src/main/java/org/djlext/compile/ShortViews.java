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

/** Leaves out views that are what they view, and takes a reshape of a reshape at once. */
final class ShortViews implements Pass {

    @Override
    public void apply(Program program) {
        Map<Value, Value> replacements = new HashMap<>();
        Map<Value, Value> reshaped = new HashMap<>();
        List<Line> kept = new ArrayList<>();
        for (Line original : program.step) {
            Line line = original.replaceOperands(value -> replacements.getOrDefault(value, value));
            if (program.isRecorded(line) || !line.isView()) {
                kept.add(line);
                continue;
            }
            Value viewed = line.operand(0);
            if (line.operation().equals("reshape") && reshaped.containsKey(viewed)) {
                viewed = reshaped.get(viewed);
                line = line.with("reshape", viewed, line.arguments().get(1));
            }
            boolean isSame =
                    line.operation().equals("alias")
                            || line.operation().equals("detach")
                            || (line.operation().equals("reshape")
                                    && viewed.shape.equals(line.result().shape));
            if (isSame) {
                replacements.put(line.result(), viewed);
                continue;
            }
            if (line.operation().equals("reshape")) {
                reshaped.put(line.result(), viewed);
            }
            kept.add(line);
        }
        program.step = kept;
        program.replace(replacements);
    }
}
