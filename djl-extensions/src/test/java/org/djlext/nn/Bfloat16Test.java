/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.Gradients;
import org.djlext.torch.ops.Recorded;
import org.junit.jupiter.api.Test;

/** bfloat16 has 8 bits, and ends where float32 does. DJL does not know it, but can hold it. */
class Bfloat16Test extends HalfArrays {

    @Test
    void forwardOfBfloat16() {
        long rows = 20_000;
        NDArray even = brain(zeros(rows, 27));
        NDArray labels = labels(rows, 27);
        CrossEntropyFunction mean = new CrossEntropyFunction(Reduction.MEAN, null);
        assertEquals(Math.log(27), Recorded.wide(mean.apply(even, labels)).getFloat(), 1e-2);
        NDArray fused =
                new FusedLinearCrossEntropy()
                        .apply(brain(zeros(rows, 3)), brain(zeros(27, 3)), labels);
        assertEquals(Math.log(27), Recorded.wide(fused).getFloat(), 1e-2);

        NDArray x = brain(halves(1000, 400, 300, 8));
        NDArray exact = wide(Recorded.wide(x));
        NDArray centered = exact.sub(exact.mean(new int[] {0}, true));
        NDArray std = centered.square().mean(new int[] {0}, true).sqrt();
        NDArray want = centered.div(std);
        GradientTable table = new GradientTable(new Tolerance(1e-2, 1e-2));
        NDArray ones = brain(ones(8));
        NDArray zeros = brain(zeros(8));
        NDArray y = new BatchNormFunction(1e-5, 0).apply(new NDList(x, ones, zeros)).get(0);
        table.compare("batch norm", wide(Recorded.wide(y)), want);
        NDArray rowsOfOne = brain(ones(300));
        NDArray normed =
                new LayerNormFunction(1e-5).apply(x.transpose(), rowsOfOne, brain(zeros(300)));
        table.compare("layer norm", wide(Recorded.wide(normed)), want.transpose());
        NDArray q = brain(ones(1, 4, 64).mul(40));
        NDArray attended = new CausalAttentionFunction().apply(q, q, q);
        table.compare("attention", wide(Recorded.wide(attended)), wide(Recorded.wide(q)));
        table.assertApproximate();
    }

    @Test
    void gradientsOfBfloat16() {
        NDArray labels = labels(300, 6);
        assertBrain(
                first(new CrossEntropyFunction(Reduction.MEAN, null)),
                new NDList(halves(0, 2, 300, 6), labels));
        assertBrain(
                first(new FusedLinearCrossEntropy()),
                new NDList(halves(0, 1, 300, 3), halves(0, 1, 6, 3), labels, halves(0, 1, 6)));
        NDList norm = new NDList(halves(100, 40, 300, 6), halves(1, 0.1, 6), halves(0, 1, 6));
        assertBrain(first(new BatchNormFunction(1e-5, 1)), norm);
        assertBrain(first(new LayerNormFunction(1e-5)), norm);
        assertBrain(first(new EmbeddingFunction()), new NDList(labels, halves(0, 1, 6, 2)));
        assertBrain(
                first(new CrossEntropyFunction(Reduction.MEAN, null)),
                new NDList(halves(0, 2, 300, 6), halves(0, 1, 300, 6).abs()));
        assertBrain(
                first(new CausalAttentionFunction()),
                new NDList(halves(0, 40, 2, 5, 8), halves(0, 1, 2, 5, 8), halves(0, 1, 2, 5, 3)));
    }

    @Test
    void fractionsAreNoIndices() {
        NDArray index = brain(zeros(3));
        assertRefused(
                "embedding takes indices of an integer type, but got unknown; convert them with"
                        + " toType(DataType.INT64, false)",
                () -> new EmbeddingFunction().apply(index, zeros(4, 2)));
    }

    /** Compares with the same numbers in float64; casts around the function are recorded. */
    private void assertBrain(Function<NDList, NDArray> function, NDList inputs) {
        NDList exact = new NDList();
        inputs.forEach(
                a -> exact.add(a.getDataType().isFloating() ? wide(Recorded.wide(brain(a))) : a));
        Function<NDList, NDArray> inBrain =
                in -> {
                    NDList halves = new NDList();
                    in.forEach(a -> halves.add(a.getDataType().isFloating() ? brain(a) : a));
                    return Autograd.cast(function.apply(halves), DataType.FLOAT64);
                };
        NDArray upstream = wide(Recorded.wide(brain(Gradients.upstream(function.apply(exact)))));
        NDList want = Gradients.run(function, exact, upstream);
        NDList got = Gradients.run(inBrain, exact, upstream);
        Gradients.compare(got, want, new Tolerance(2e-2, 2e-2)).assertApproximate();
    }

    private static NDArray brain(NDArray array) {
        return Autograd.cast(array, DataType.BFLOAT16);
    }
}
