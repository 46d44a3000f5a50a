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
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDList d = f.backward(ctx, dy);
                            d.set(2, d.get(2).div(6)); // the mean over rows for the sum
                            return d;
                        });
        return new OpCase(
                "linear",
                f,
                in -> in.get(0).matMul(in.get(1)).add(in.get(2)),
                twin,
                m -> new NDList(random(m, 2, 3, 4), random(m, 4, 5), random(m, 5)));
    }

    static OpCase tanh() {
        TanhFunction f = new TanhFunction();
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, dh) -> {
                            NDArray h = ctx.savedTensors().get(0);
                            NDArray d = dh.get(0);
                            return new NDList(d.sub(d.mul(h))); // 1 - h for 1 - h^2
                        });
        return elementwise("tanh", f, in -> in.tanh(), twin);
    }

    static OpCase sigmoid() {
        SigmoidFunction f = new SigmoidFunction();
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, ds) -> {
                            NDArray s = ctx.savedTensors().get(0);
                            return new NDList(s.mul(ds.get(0))); // 1 - s forgotten
                        });
        return elementwise("sigmoid", f, x -> x.neg().exp().add(1).pow(-1), twin);
    }

    static OpCase silu() {
        SiluFunction f = new SiluFunction();
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDArray x = ctx.savedTensors().get(0);
                            // the product rule's second term forgotten
                            return new NDList(dy.get(0).mul(Activation.sigmoid(x)));
                        });
        return elementwise("silu", f, x -> x.div(x.neg().exp().add(1)), twin);
    }

    static OpCase relu() {
        ReluFunction f = new ReluFunction();
        AutogradFunction twin = OpCase.twin(f::forward, (ctx, dy) -> dy); // dead units alive
        return elementwise("relu", f, Activation::relu, twin);
    }

    static OpCase gelu() {
        GeluFunction f = new GeluFunction();
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDArray x = ctx.savedTensors().get(0);
                            // the product rule's second term forgotten
                            return new NDList(dy.get(0).mul(Activation.sigmoid(doubled(x))));
                        });
        return elementwise("gelu", f, x -> doubled(x).div(2).tanh().add(1).mul(x).div(2), twin);
    }

    private static NDArray doubled(NDArray x) {
        return x.pow(3).mul(0.044715).add(x).mul(2 * Math.sqrt(2 / Math.PI));
    }

    static OpCase legendre() {
        LegendreP3Function f = new LegendreP3Function();
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDArray x = ctx.savedTensors().get(0);
                            return new NDList(x.square().mul(7.5).sub(1.5)); // upstream forgotten
                        });
        return elementwise("legendre", f, x -> x.pow(3).mul(5).sub(x.mul(3)).div(2), twin);
    }

    private static OpCase elementwise(
            String name,
            AutogradFunction function,
            UnaryOperator<NDArray> plain,
            AutogradFunction twin) {
        return new OpCase(
                name,
                function,
                in -> plain.apply(in.get(0)),
                twin,
                m -> new NDList(random(m, 4, 3).mul(1.5)));
    }

    static OpCase embedding() {
        EmbeddingFunction f = new EmbeddingFunction();
        AutogradFunction twin =
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
                        });
        return new OpCase(
                "embedding",
                f,
                in -> {
                    NDArray index = in.get(0);
                    NDArray oneHot = index.flatten().oneHot(7, in.get(1).getDataType());
                    return oneHot.matMul(in.get(1)).reshape(index.getShape().add(3));
                },
                twin,
                m ->
                        new NDList(
                                m.create(new long[] {6, 0, 2, 2, 0, 2, 5, 6}, new Shape(2, 4)),
                                random(m, 7, 3)));
    }

    static OpCase layerNorm() {
        LayerNormFunction f = new LayerNormFunction(EPS);
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDList d = f.backward(ctx, dy);
                            d.set(0, d.get(0).mul(5.0 / 4)); // n - 1 for n
                            return d;
                        });
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
                twin,
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
        return new OpCase(
                "batchNorm",
                f,
                in -> {
                    NDArray rows = in.get(0).reshape(6, 5);
                    NDArray diff = rows.sub(rows.mean(new int[] {0}, true));
                    NDArray var = diff.mul(diff).sum(new int[] {0}, true).div(5);
                    NDArray y = diff.div(var.add(EPS).sqrt()).mul(in.get(1)).add(in.get(2));
                    return y.reshape(in.get(0).getShape());
                },
                twin,
                m ->
                        new NDList(
                                random(m, 2, 3, 5).mul(2).add(1),
                                random(m, 5).mul(0.5).add(1),
                                random(m, 5)));
    }

    static OpCase dropout() {
        DropoutFunction f = new DropoutFunction(P, true);
        AutogradFunction twin =
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            // the scale forgotten in backward
                            return new NDList(f.backward(ctx, dy).get(0).mul(1 - P));
                        });
        return elementwise(
                "dropout",
                f,
                x -> {
                    NDArray u = x.getManager().randomUniform(0, 1, x.getShape(), DataType.FLOAT32);
                    return x.mul(u.gte(P)).div(1 - P);
                },
                twin);
    }
}
