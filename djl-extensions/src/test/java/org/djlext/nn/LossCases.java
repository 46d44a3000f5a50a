/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.nn.OpCases.random;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.function.Function;
import java.util.stream.Stream;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.EngineFunction;

/** Cross entropy in its forms beside the engine's and beside wrong ones. */
final class LossCases {

    private static final double SMOOTHING = 0.1;
    private static final int CLASSES = 9;
    private static final long IGNORED = -1;

    private LossCases() {}

    static Stream<OpCase> all() {
        return Stream.of(
                crossEntropy(),
                summed(),
                unreduced(),
                labelSmoothing(),
                classWeights(),
                probabilities(),
                weightedProbabilities(),
                fusedLinear());
    }

    private static NDArray labels(NDManager manager) {
        return manager.create(new long[] {8, 0, 2, 3, 3, 1});
    }

    static OpCase crossEntropy() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, null);
        return new OpCase(
                "crossEntropy",
                f,
                in -> in.get(0).logSoftmax(1).gather(in.get(1).expandDims(1), 1).mean().neg(),
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDArray p = ctx.saved(0).softmax(1); // minus one-hot forgotten
                            return new NDList(p.div(6).mul(dy.get(0)), null);
                        }),
                m -> new NDList(random(m, 6, CLASSES), labels(m)));
    }

    /** PyTorch's kernel for logits, targets and, if there are any, weights of the classes. */
    static NDArray kernel(NDList in, Reduction reduction, long ignored, double smoothing) {
        NDArray weights = in.size() == 2 ? null : in.get(2);
        return EngineFunction.callForArray(
                "cross_entropy_loss",
                in.get(0),
                in.get(1),
                weights == null ? null : weights.toType(DataType.FLOAT64, false),
                reduction == Reduction.NONE ? 0 : reduction == Reduction.MEAN ? 1 : 2,
                ignored,
                smoothing);
    }

    private static OpCase kernel(
            String name,
            CrossEntropyFunction f,
            double smoothing,
            AutogradFunction twin,
            Function<NDManager, NDList> inputs) {
        return new OpCase(
                name, f, in -> kernel(in, f.reduction(), IGNORED, smoothing), twin, inputs);
    }

    private static OpCase summed() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.SUM, null);
        CrossEntropyFunction mean = new CrossEntropyFunction(Reduction.MEAN, null);
        AutogradFunction twin = OpCase.twin(f::forward, mean::backward);
        return kernel("summedCrossEntropy", f, 0, twin, crossEntropy().inputs());
    }

    private static OpCase unreduced() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.NONE, null);
        AutogradFunction twin = OpCase.twin(f::forward, f::backward, 0, NDArray::neg); // the sign
        return kernel("unreducedCrossEntropy", f, 0, twin, crossEntropy().inputs());
    }

    private static NDList withIgnored(NDManager m) {
        return new NDList(
                random(m, 6, CLASSES).mul(2), m.create(new long[] {8, 0, IGNORED, 3, 3, 1}));
    }

    private static NDList withWeights(NDManager m, NDList inputs) {
        inputs.add(m.create(new long[] {1, 4, 2, 3, 5, 1, 1, 2, 7}));
        return inputs;
    }

    static OpCase labelSmoothing() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, IGNORED, SMOOTHING);
        CrossEntropyFunction unsmoothed = new CrossEntropyFunction(Reduction.MEAN, IGNORED);
        AutogradFunction twin = OpCase.twin(f::forward, unsmoothed::backward);
        return kernel("labelSmoothing", f, SMOOTHING, twin, LossCases::withIgnored);
    }

    private static OpCase classWeights() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, IGNORED, SMOOTHING);
        CrossEntropyFunction sum = new CrossEntropyFunction(Reduction.SUM, IGNORED, SMOOTHING);
        AutogradFunction twin = OpCase.twin(f::forward, sum::backward); // not divided by weights
        return kernel("classWeights", f, SMOOTHING, twin, m -> withWeights(m, withIgnored(m)));
    }

    /** Rows that do not sum to one, as gradients of a free t need it. */
    private static NDList free(NDManager m) {
        return new NDList(random(m, 6, CLASSES), random(m, 6, CLASSES).abs());
    }

    private static OpCase probabilities() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, null);
        AutogradFunction twin = OpCase.twin(f::forward, f::backward, 1, NDArray::neg); // the sign
        return kernel("probabilities", f, 0, twin, LossCases::free);
    }

    private static OpCase weightedProbabilities() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.SUM, null, SMOOTHING);
        AutogradFunction twin =
                OpCase.twin(
                        f::forward, f::backward, 1, d -> d.div(1 - SMOOTHING)); // t after smoothing
        return kernel("weightedProbabilities", f, SMOOTHING, twin, m -> withWeights(m, free(m)));
    }

    static OpCase fusedLinear() {
        FusedLinearCrossEntropy f = new FusedLinearCrossEntropy();
        return new OpCase(
                "fusedLinear",
                f,
                in -> {
                    NDArray logits = in.get(0).matMul(in.get(1).transpose()).add(in.get(3));
                    return logits.logSoftmax(1).gather(in.get(2).expandDims(1), 1).mean().neg();
                },
                OpCase.twin(
                        f::forward,
                        f::backward,
                        3,
                        d -> d.mul(6)), // the sum over rows for the mean
                m ->
                        new NDList(
                                random(m, 6, 4),
                                random(m, CLASSES, 4),
                                labels(m),
                                random(m, CLASSES)));
    }
}
