/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.nn.OpCases.random;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.stream.Stream;

/** Cross entropy in its forms beside the engine's and beside wrong ones. */
final class LossCases {

    private static final double SMOOTHING = 0.1;
    private static final int CLASSES = 9;

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

    private static NDArray losses(NDList in) {
        return in.get(0).logSoftmax(1).gather(in.get(1).expandDims(1), 1).squeeze(1).neg();
    }

    private static OpCase summed() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.SUM, null);
        CrossEntropyFunction mean = new CrossEntropyFunction(Reduction.MEAN, null);
        return new OpCase(
                "summedCrossEntropy",
                f,
                in -> losses(in).sum(),
                OpCase.twin(f::forward, mean::backward),
                crossEntropy().inputs());
    }

    private static OpCase unreduced() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.NONE, null);
        return new OpCase(
                "unreducedCrossEntropy",
                f,
                LossCases::losses,
                OpCase.twin(f::forward, f::backward, 0, NDArray::neg), // the sign
                crossEntropy().inputs());
    }

    static OpCase labelSmoothing() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, -1L, SMOOTHING);
        CrossEntropyFunction unsmoothed = new CrossEntropyFunction(Reduction.MEAN, -1L);
        return new OpCase(
                "labelSmoothing",
                f,
                in -> {
                    NDArray logp = in.get(0).logSoftmax(1);
                    NDArray counts = in.get(1).neq(-1);
                    NDArray label = NDArrays.maximum(in.get(1), 0);
                    NDArray picked = logp.get(new NDIndex().addAllDim().addPickDim(label));
                    NDArray each =
                            picked.mul(1 - SMOOTHING)
                                    .add(logp.mean(new int[] {1}, true).mul(SMOOTHING))
                                    .neg()
                                    .squeeze(1);
                    return each.mul(counts).sum().div(counts.sum());
                },
                OpCase.twin(f::forward, unsmoothed::backward),
                m -> new NDList(random(m, 6, 9).mul(2), m.create(new long[] {8, 0, -1, 3, 3, 1})));
    }

    static OpCase classWeights() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, -1L, SMOOTHING);
        CrossEntropyFunction summed = new CrossEntropyFunction(Reduction.SUM, -1L, SMOOTHING);
        return new OpCase(
                "classWeights",
                f,
                in -> {
                    // PyTorch: (1 - s) sum(w_y nll) / sum(w_y) - s/K sum(w_j logp_j) / sum(w_y)
                    NDArray logp = in.get(0).logSoftmax(1);
                    NDArray counts = in.get(1).neq(-1);
                    NDArray label = NDArrays.maximum(in.get(1), 0);
                    NDArray weights = in.get(2).toType(DataType.FLOAT64, false);
                    NDArray own = weights.get(label).mul(counts);
                    NDArray picked = logp.get(new NDIndex().addAllDim().addPickDim(label));
                    NDArray nll = picked.squeeze(1).mul(own).sum().mul(1 - SMOOTHING);
                    NDArray each = logp.mul(weights).sum(new int[] {1}).mul(counts);
                    NDArray even = each.sum().mul(SMOOTHING / CLASSES);
                    return nll.add(even).div(own.sum()).neg();
                },
                OpCase.twin(f::forward, summed::backward), // not divided by the weights
                m ->
                        new NDList(
                                random(m, 6, CLASSES).mul(2),
                                m.create(new long[] {8, 0, -1, 3, 3, 1}),
                                m.create(new long[] {1, 4, 2, 3, 5, 1, 1, 2, 7})));
    }

    static OpCase probabilities() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, null);
        return new OpCase(
                "probabilities",
                f,
                in -> in.get(0).logSoftmax(1).mul(in.get(1)).sum().div(6).neg(),
                OpCase.twin(f::forward, f::backward, 1, d -> d.neg()), // the sign
                // Rows that do not sum to one, as gradients of a free t need it.
                m -> new NDList(random(m, 6, CLASSES), random(m, 6, CLASSES).abs()));
    }

    static OpCase weightedProbabilities() {
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.SUM, null, SMOOTHING);
        return new OpCase(
                "weightedProbabilities",
                f,
                in -> {
                    NDArray t = in.get(1).mul(1 - SMOOTHING).add(SMOOTHING / CLASSES);
                    NDArray logp = in.get(0).logSoftmax(1);
                    return logp.mul(t).mul(in.get(2).toType(DataType.FLOAT64, false)).sum().neg();
                },
                OpCase.twin(
                        f::forward, f::backward, 1, d -> d.div(1 - SMOOTHING)), // t after smoothing
                m ->
                        new NDList(
                                random(m, 6, CLASSES),
                                random(m, 6, CLASSES).abs(),
                                m.create(new long[] {1, 4, 2, 3, 5, 1, 1, 2, 7})));
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
