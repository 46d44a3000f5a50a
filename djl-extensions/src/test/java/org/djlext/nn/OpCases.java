/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.autograd.AutogradFunction;

/** Every elementary operation of the package beside the engine's and beside a wrong one. */
final class OpCases {

    private static final double EPS = 1e-5;
    private static final double P = 0.3;

    private OpCases() {}

    static Stream<OpCase> all() {
        return Stream.of(
                        Stream.of(
                                linear(),
                                tanh(),
                                sigmoid(),
                                relu(),
                                gelu(),
                                silu(),
                                legendre(),
                                embedding(),
                                layerNorm(),
                                batchNorm(),
                                biasedBatchNorm(),
                                dropout()),
                        SequenceCases.all(),
                        LossCases.all())
                .flatMap(cases -> cases);
    }

    static NDArray random(NDManager manager, long... shape) {
        return manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT64);
    }

    static OpCase linear() {
        LinearFunction f = new LinearFunction();
        return new OpCase(
                "linear",
                f,
                in -> in.get(0).matMul(in.get(1)).add(in.get(2)),
                OpCase.twin(
                        f::forward,
                        f::backward,
                        2,
                        d -> d.div(6)), // the mean over rows for the sum
                m -> new NDList(random(m, 2, 3, 4), random(m, 4, 5), random(m, 5)));
    }

    static OpCase tanh() {
        return elementwise( // 1 - h for 1 - h^2
                "tanh", new TanhFunction(), x -> x.tanh(), (h, dh) -> dh.sub(dh.mul(h)));
    }

    static OpCase sigmoid() {
        return elementwise( // 1 - s forgotten
                "sigmoid",
                new SigmoidFunction(),
                x -> x.neg().exp().add(1).pow(-1),
                (s, ds) -> s.mul(ds));
    }

    static OpCase silu() {
        return elementwise( // the product rule's second term forgotten
                "silu",
                new SiluFunction(),
                x -> x.div(x.neg().exp().add(1)),
                (x, dy) -> dy.mul(Activation.sigmoid(x)));
    }

    static OpCase relu() {
        return elementwise( // dead units alive
                "relu", new ReluFunction(), Activation::relu, (x, dy) -> dy);
    }

    static OpCase gelu() {
        return elementwise( // the product rule's second term forgotten
                "gelu",
                new GeluFunction(),
                x -> doubled(x).div(2).tanh().add(1).mul(x).div(2),
                (x, dy) -> dy.mul(Activation.sigmoid(doubled(x))));
    }

    private static NDArray doubled(NDArray x) {
        return x.pow(3).mul(0.044715).add(x).mul(2 * Math.sqrt(2 / Math.PI));
    }

    static OpCase legendre() {
        return elementwise( // upstream forgotten
                "legendre",
                new LegendreP3Function(),
                x -> x.pow(3).mul(5).sub(x.mul(3)).div(2),
                (x, dy) -> x.square().mul(7.5).sub(1.5));
    }

    private static OpCase elementwise(
            String name,
            ElementwiseFunction f,
            UnaryOperator<NDArray> plain,
            BinaryOperator<NDArray> wrong) {
        OpCase.Rule backward = (ctx, dy) -> new NDList(wrong.apply(ctx.saved(0), dy.get(0)));
        return new OpCase(
                name,
                f,
                in -> plain.apply(in.get(0)),
                OpCase.twin(f::forward, backward),
                m -> new NDList(random(m, 4, 3).mul(1.5)));
    }

    static OpCase embedding() {
        EmbeddingFunction f = new EmbeddingFunction();
        return new OpCase(
                "embedding",
                f,
                in -> {
                    NDArray index = in.get(0);
                    NDArray oneHot = index.flatten().oneHot(7, in.get(1).getDataType());
                    return oneHot.matMul(in.get(1)).reshape(index.getShape().add(3));
                },
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDArray index = ctx.savedTensors().get(0).flatten();
                            NDArray counts =
                                    index.oneHot(7, DataType.FLOAT64)
                                            .sum(new int[] {0})
                                            .maximum(1)
                                            .reshape(-1, 1);
                            // a repeated index counts once
                            return new NDList(null, f.backward(ctx, dy).get(1).div(counts));
                        }),
                m ->
                        new NDList(
                                m.create(new long[] {6, 0, 2, 2, 0, 2, 5, 6}, new Shape(2, 4)),
                                random(m, 7, 3)));
    }

    static OpCase layerNorm() {
        LayerNormFunction f = new LayerNormFunction(EPS);
        return new OpCase(
                "layerNorm",
                f,
                in -> {
                    NDArray x = in.get(0);
                    int[] last = {x.getShape().dimension() - 1};
                    NDArray diff = x.sub(x.mean(last, true));
                    NDArray var = diff.mul(diff).mean(last, true);
                    return diff.div(var.add(EPS).sqrt()).mul(in.get(1)).add(in.get(2));
                },
                OpCase.twin(f::forward, f::backward, 0, d -> d.mul(5.0 / 4)), // n - 1 for n
                m ->
                        new NDList(
                                random(m, 2, 3, 5).mul(2).add(1),
                                random(m, 5).mul(0.5).add(1),
                                random(m, 5)));
    }

    static OpCase batchNorm() {
        BatchNormFunction f = new BatchNormFunction(EPS, 1);
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDList d = f.backward(ctx, dy);
                            // var taken for a constant
                            NDArray rows = dy.get(0).reshape(6, 5);
                            NDArray centered = rows.sub(rows.mean(new int[] {0}, true));
                            NDArray scale = ctx.savedTensors().get(3).mul(ctx.saved(1));
                            d.set(0, centered.mul(scale).reshape(d.get(0).getShape()));
                            return d;
                        });
        return batchNorm("batchNorm", 1, f, twin, new Shape(2, 3, 5));
    }

    static OpCase biasedBatchNorm() {
        BatchNormFunction f = new BatchNormFunction(EPS, 0);
        BatchNormFunction unbiased = new BatchNormFunction(EPS, 1);
        AutogradFunction twin = OpCase.twin(f::forward, unbiased::backward); // n - 1 for n
        return batchNorm("biasedBatchNorm", 0, f, twin, new Shape(7, 5));
    }

    private static OpCase batchNorm(
            String name, int correction, AutogradFunction f, AutogradFunction twin, Shape shape) {
        return new OpCase(
                name,
                f,
                in -> {
                    NDArray rows = in.get(0).reshape(-1, 5);
                    long n = rows.getShape().get(0);
                    NDArray diff = rows.sub(rows.mean(new int[] {0}, true));
                    NDArray var = diff.mul(diff).sum(new int[] {0}, true).div(n - correction);
                    NDArray y = diff.div(var.add(EPS).sqrt()).mul(in.get(1)).add(in.get(2));
                    return y.reshape(in.get(0).getShape());
                },
                twin,
                m ->
                        new NDList(
                                random(m, shape.getShape()).mul(2).add(1),
                                random(m, 5).mul(0.5).add(1),
                                random(m, 5)));
    }

    static OpCase dropout() {
        DropoutFunction f = new DropoutFunction(P, true);
        return new OpCase(
                "dropout",
                f,
                in -> {
                    NDArray x = in.get(0);
                    NDArray u = x.getManager().randomUniform(0, 1, x.getShape(), DataType.FLOAT32);
                    return x.mul(u.gte(P)).div(1 - P);
                },
                // the scale forgotten in backward
                OpCase.twin(f::forward, f::backward, 0, d -> d.mul(1 - P)),
                m -> new NDList(random(m, 4, 3).mul(1.5)));
    }
}
