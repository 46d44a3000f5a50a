/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.recurrent.RNN;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What DJL's blocks are made of: convolution, pooling, normalization, embedding, recurrence. */
final class Networks {

    private Networks() {}

    static void addTo(Map<String, Operations.Rule> rules) {
        rules.put("softSign/0", (self, args) -> self.array().div(self.array().abs().add(1)));
        rules.put("embedding/3", Networks::embedding);
        rules.put("convolution/7", Networks::convolution);
        rules.put("batchNorm/9", Networks::batchNorm);
        rules.put("maxPool/4", Networks::maxPool);
        rules.put("avgPool/5", Networks::avgPool);
        rules.put("globalMaxPool/0", (self, args) -> globalMaxPool(self));
        rules.put("globalAvgPool/0", (self, args) -> globalAvgPool(self));
        rules.put("rnn/10", Networks::rnn);
    }

    private static NDArray real(@Nullable Object array) {
        return Shapes.realOf((NDArray) Objects.requireNonNull(array));
    }

    private static @Nullable NDArray realOrNull(@Nullable Object array) {
        return array == null ? null : real(array);
    }

    private static NDList reals(NDList arrays) {
        NDList reals = new NDList();
        arrays.forEach(array -> reals.add(Shapes.realOf(array)));
        return reals;
    }

    private static Object embedding(TracedArray self, @Nullable Object[] args) {
        NDArray index = (NDArray) args[0];
        NDArray weight = (NDArray) args[1];
        NDList real =
                self.real()
                        .getNDArrayInternal()
                        .embedding(real(index), real(weight), SparseFormat.DENSE);
        return new NDList(
                self.tape().record("embedding", real.head(), weight, index, -1, false, false));
    }

    private static Object convolution(TracedArray self, @Nullable Object[] args) {
        NDArray weight = (NDArray) args[1];
        Shape stride = (Shape) args[3];
        Shape padding = (Shape) args[4];
        Shape dilation = (Shape) args[5];
        int groups = (Integer) args[6];
        NDList real =
                self.real()
                        .getNDArrayInternal()
                        .convolution(
                                real(args[0]),
                                real(weight),
                                realOrNull(args[2]),
                                stride,
                                padding,
                                dilation,
                                groups);
        String operation = "conv" + (weight.getShape().dimension() - 2) + "d";
        return new NDList(
                self.tape()
                        .record(
                                operation,
                                real.head(),
                                args[0],
                                weight,
                                args[2],
                                stride,
                                padding,
                                dilation,
                                groups));
    }

    // The engine moves the axis of the channels to the second place and back, as is done here.
    private static Object batchNorm(TracedArray self, @Nullable Object[] args) {
        NDArray input = (NDArray) args[0];
        int axis = (Integer) args[5];
        if (axis > 1) {
            @Nullable Object[] moved = args.clone();
            moved[0] = input.swapAxes(1, axis);
            moved[5] = -1;
            NDList result = (NDList) batchNorm(self, moved);
            return new NDList(result.head().swapAxes(1, axis));
        }
        boolean training = (Boolean) args[8];
        // In float, as the engine's own sources have it.
        double momentum = 1f - (Float) args[6];
        double eps = (Float) args[7];
        NDArray mean = real(args[1]).duplicate();
        NDArray variance = real(args[2]).duplicate();
        NDList real =
                self.real()
                        .getNDArrayInternal()
                        .batchNorm(
                                real(input),
                                mean,
                                variance,
                                realOrNull(args[3]),
                                realOrNull(args[4]),
                                -1,
                                (Float) args[6],
                                (Float) args[7],
                                training);
        return new NDList(
                self.tape()
                        .record(
                                "batch_norm",
                                real.head(),
                                input,
                                args[3],
                                args[4],
                                args[1],
                                args[2],
                                training,
                                momentum,
                                eps,
                                true));
    }

    private static Object maxPool(TracedArray self, @Nullable Object[] args) {
        Shape kernel = (Shape) args[0];
        Shape stride = (Shape) args[1];
        Shape padding = (Shape) args[2];
        boolean ceil = (Boolean) args[3];
        NDArray real = self.real().getNDArrayInternal().maxPool(kernel, stride, padding, ceil);
        long[] dilation = new long[kernel.dimension()];
        Arrays.fill(dilation, 1);
        return self.tape()
                .record(
                        "max_pool" + axes(self) + "d",
                        real,
                        self,
                        kernel,
                        stride,
                        padding,
                        dilation,
                        ceil);
    }

    private static Object avgPool(TracedArray self, @Nullable Object[] args) {
        Shape kernel = (Shape) args[0];
        Shape stride = (Shape) args[1];
        Shape padding = (Shape) args[2];
        boolean ceil = (Boolean) args[3];
        NDArray real =
                self.real()
                        .getNDArrayInternal()
                        .avgPool(kernel, stride, padding, ceil, (Boolean) args[4]);
        // The engine includes the padding, whatever it is told.
        return self.tape()
                .record(
                        "avg_pool" + axes(self) + "d",
                        real,
                        self,
                        kernel,
                        stride,
                        padding,
                        ceil,
                        true);
    }

    private static int axes(TracedArray self) {
        return self.real().getShape().dimension() - 2;
    }

    private static Object globalMaxPool(TracedArray self) {
        Shape shape = self.real().getShape();
        NDArray flat = self.array().reshape(shape.get(0), shape.get(1), -1);
        return flat.max(new int[] {2});
    }

    private static Object globalAvgPool(TracedArray self) {
        Shape shape = self.real().getShape();
        NDArray flat = self.array().reshape(shape.get(0), shape.get(1), -1);
        return flat.mean(new int[] {2});
    }

    private static Object rnn(TracedArray self, @Nullable Object[] args) {
        NDList params = (NDList) args[2];
        RNN.Activation activation = (RNN.Activation) args[5];
        NDList real =
                self.real()
                        .getNDArrayInternal()
                        .rnn(
                                real(args[0]),
                                real(args[1]),
                                reals(params),
                                (Boolean) args[3],
                                (Integer) args[4],
                                activation,
                                (Double) args[6],
                                (Boolean) args[7],
                                (Boolean) args[8],
                                (Boolean) args[9]);
        return self.tape()
                .recordAll(
                        activation == RNN.Activation.RELU ? "rnn_relu" : "rnn_tanh",
                        real,
                        args[0],
                        args[1],
                        params,
                        args[3],
                        args[4],
                        args[6],
                        args[7],
                        args[8],
                        args[9]);
    }
}
