/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Leaves out views that are what they view, and takes a reshape of a reshape at once. */
final class ShortViews implements Pass {

    @Override
    public void apply(Program program) {
        Map<Value, Value> reshaped = new HashMap<>();
        program.rewrite(
                (line, same) -> {
                    if (program.isRecorded(line) || !line.isView()) {
                        return List.of(line);
                    }
                    boolean isReshape = line.operation().equals("reshape");
                    Value viewed = line.operand(0);
                    viewed = isReshape ? reshaped.getOrDefault(viewed, viewed) : viewed;
                    if (line.operation().equals("alias")
                            || line.operation().equals("detach")
                            || (isReshape && viewed.shape.equals(line.result().shape))) {
                        same.put(line.result(), viewed);
                        return List.of();
                    }
                    if (!isReshape) {
                        return List.of(line);
                    }
                    reshaped.put(line.result(), viewed);
                    return List.of(line.with("reshape", viewed, line.arguments().get(1)));
                });
    }
}
