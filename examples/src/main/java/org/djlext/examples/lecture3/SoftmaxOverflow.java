/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture3;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.examples.lecture.Lab;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.Reduction;

/**
 * Why cross entropy is not computed as written: exp(100) is infinite in float32. Any number may be
 * taken from all logits without changing the probabilities, so the largest is.
 */
public final class SoftmaxOverflow extends Lab {

    /** Creates the experiment. */
    public SoftmaxOverflow() {}

    @Override
    protected void run() {
        NDArray plain = manager.create(new float[] {-2, -3, 0, 5});
        NDArray large = manager.create(new float[] {-2, -3, 0, 100});
        Map<String, NDArray> probabilities = new LinkedHashMap<>();
        probabilities.put("-2 -3 0 5", normalize(plain));
        probabilities.put("-100 -3 0 5", normalize(manager.create(new float[] {-100, -3, 0, 5})));
        probabilities.put("-2 -3 0 100", normalize(large));
        probabilities.put("-2 -3 0 5, less 5", normalize(plain.sub(5)));
        probabilities.put("-2 -3 0 100, less 100", normalize(large.sub(large.max())));
        out.line("exp(logits) / exp(logits).sum()");
        probabilities.forEach(
                (name, p) -> out.line("%-22s %s", name, Arrays.toString(p.toFloatArray())));
        NDArray loss =
                new CrossEntropyFunction(Reduction.MEAN, null)
                        .apply(large.reshape(1, 4), manager.create(new long[] {2}));
        out.line("cross entropy of -2 -3 0 100 with label 2: %.4f", loss.getFloat());
    }

    private static NDArray normalize(NDArray logits) {
        NDArray counts = logits.exp();
        return counts.div(counts.sum());
    }
}
