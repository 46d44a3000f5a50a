/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Key, query and value of all heads by one product, the lecture's (makemore 7) linear layers
 * without bias: (N, C) to (N, 3 H size), the three of each head side by side.
 *
 * @param weights key, query and value of the first head, then those of the next, each (size, C)
 */
public record FusedHeads(List<NDArray> weights) implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        List<String> ps = weights.stream().map(code::parameter).toList();
        long size = weights.get(0).getShape().get(0);
        String y = code.buffer(size * ps.size());
        code.line("w_%s = torch.cat([%s])", y, ps.stream().collect(Collectors.joining(", ")));
        code.line("torch.mm(%s, w_%s.t(), out=%s)", x, y, y);
        return () -> {
            String dy = StepCode.d(y);
            code.line("torch.mm(%s, w_%s, out=%s)", dy, y, code.gradient(x));
            code.declare(
                    "dw_%s = torch.empty([%d, %d], dtype=p0.dtype, device=p0.device)",
                    y, size * ps.size(), weights.get(0).getShape().get(1));
            code.line("torch.mm(%s, %s, out=dw_%s)", code.transposed(dy), x, y);
            code.line("dws_%s = dw_%s.split(%d)", y, y, size);
            for (int i = 0; i < ps.size(); i++) {
                code.anyGradient(ps.get(i), String.format("dws_%s[%d]", y, i));
            }
        };
    }
}
