/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.recurrent.RNN;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What DJL's blocks are made of: convolution, pooling, normalization, embedding, recurrence. */
final class Networks {

    static final String ATTENTION = "_scaled_dot_product_flash_attention_for_cpu";

    private Networks() {}

    static void addTo(Map<String, Operations.Rule> rules) {
        rules.put("softSign/0", call -> call.array().div(call.array().abs().add(1)));
        rules.put("matMul/1", Networks::product);
        rules.put(
                "convolution/7",
                call -> {
                    int axes = call.array(1).getShape().dimension() - 2;
                    return call.record("conv" + axes + "d", call.args());
                });
        rules.put("batchNorm/9", Networks::batchNorm);
        rules.put("layerNorm/5", Networks::layerNorm);
        rules.put("dropout/3", Networks::dropout);
        rules.put("maxPool/4", Networks::maxPool);
        rules.put("avgPool/5", Networks::avgPool);
        rules.put("globalMaxPool/0", call -> flat(call).max(new int[] {2}));
        rules.put("globalAvgPool/0", call -> flat(call).mean(new int[] {2}));
        rules.put("rnn/10", Networks::rnn);
    }

    // The kernel for matrices is called at once.
    private static Object product(MethodCall call) {
        boolean isOfMatrices =
                call.shape().dimension() == 2 && call.array(0).getShape().dimension() == 2;
        return call.record(isOfMatrices ? "mm" : "matmul", call.self(), call.arg(0));
    }

    // The engine moves the axis of the channels to the second place and back, as is done here.
    private static Object batchNorm(MethodCall call) {
        @Nullable Object[] args = call.args().clone();
        NDArray input = call.array(0);
        int axis = call.number(5);
        args[5] = -1;
        if (axis > 1) {
            args[0] = input.swapAxes(1, axis);
            NDList result = (NDList) batchNorm(call.with(args));
            return new NDList(result.head().swapAxes(1, axis));
        }
        // In float, as the engine's own sources have it.
        double momentum = 1f - (Float) call.arg(6);
        double eps = (Float) call.arg(7);
        if ((Boolean) call.arg(8)) {
            Tape tape = call.self().tape();
            Conversions.writable(tape.known(call.array(1)));
            Conversions.writable(tape.known(call.array(2)));
        }
        // The engine's would be changed.
        args[1] = Shapes.realOf(call.array(1)).duplicate();
        args[2] = Shapes.realOf(call.array(2)).duplicate();
        NDList real = (NDList) call.with(args).real();
        Shape channels = call.array(1).getShape();
        return withStatistics(
                call,
                "native_batch_norm",
                real.head(),
                channels,
                input,
                args[3],
                args[4],
                call.arg(1),
                call.arg(2),
                args[8],
                momentum,
                eps);
    }

    // input, normalized shape, weight, bias, eps
    private static Object layerNorm(MethodCall call) {
        Shape shape = call.array(0).getShape();
        int normalized = ((Shape) call.arg(1)).dimension();
        Shape rows = shape.slice(0, shape.dimension() - normalized);
        for (int i = 0; i < normalized; i++) {
            rows = rows.add(1);
        }
        NDArray real = ((NDList) call.real()).head();
        return withStatistics(call, "native_layer_norm", real, rows, call.args());
    }

    /** A normalization as the kernel that returns also what its backward needs. */
    private static NDList withStatistics(
            MethodCall call,
            String operation,
            NDArray real,
            Shape shape,
            @Nullable Object... arguments) {
        Tape tape = call.self().tape();
        NDArray statistics = tape.scratch().zeros(shape, real.getDataType()); // its shape is right
        NDList reals = new NDList(real, statistics, statistics);
        return new NDList(tape.recordAll(operation, reals, arguments).head());
    }

    // What the engine's own dropout does, so that it draws the same numbers; what was dropped is
    // there for backward.
    private static Object dropout(MethodCall call) {
        NDArray x = call.array(0);
        double keep = 1 - (double) (Float) call.arg(1);
        if (!(Boolean) call.arg(2) || keep == 1 || x.isEmpty()) {
            return new NDList(call.self().alias().array());
        }
        Tape tape = call.self().tape();
        if (keep == 0) { // no noise to divide by
            return new NDList(x.mul(tape.manager().manager().zeros(new Shape(), x.getDataType())));
        }
        NDArray noise =
                tape.undifferentiated(() -> tape.call("bernoulli", x, keep).head().div(keep));
        return new NDList(x.mul(noise));
    }

    /** Tells whether attention has no mask but the causal one, and no dropout. */
    static boolean isPlainAttention(Line line) {
        if (!line.operation().equals("scaled_dot_product_attention")) {
            return false;
        }
        Shape shape = line.operand(0).shape;
        return line.arguments().size() == 6
                && line.arguments().get(3).equals("None")
                && line.arguments().get(4).equals("0.0")
                && shape.dimension() == 4
                && shape.equals(line.operand(1).shape)
                && shape.equals(line.operand(2).shape);
    }

    /** What the kernel for plain attention takes: all arguments but the mask. */
    static @Nullable Object[] withoutMask(@Nullable Object... given) {
        List<@Nullable Object> arguments = new ArrayList<>(Arrays.asList(given));
        arguments.remove(3);
        return arguments.toArray();
    }

    private static Object maxPool(MethodCall call) {
        @Nullable Object[] args = call.args();
        long[] dilation = new long[((Shape) call.arg(0)).dimension()];
        Arrays.fill(dilation, 1);
        return call.record(
                "max_pool" + axes(call) + "d",
                call.self(),
                args[0],
                args[1],
                args[2],
                dilation,
                args[3]);
    }

    // The engine includes the padding, whatever it is told.
    private static Object avgPool(MethodCall call) {
        @Nullable Object[] args = call.args();
        String operation = "avg_pool" + axes(call) + "d";
        return call.record(operation, call.self(), args[0], args[1], args[2], args[3], true);
    }

    private static int axes(MethodCall call) {
        return call.shape().dimension() - 2;
    }

    private static NDArray flat(MethodCall call) {
        return call.array().reshape(call.shape().slice(0, 2).add(call.shape().slice(2).size()));
    }

    private static Object rnn(MethodCall call) {
        @Nullable Object[] args = call.args();
        return call.record(
                args[5] == RNN.Activation.RELU ? "rnn_relu" : "rnn_tanh",
                args[0],
                args[1],
                args[2],
                args[3],
                args[4],
                args[6],
                args[7],
                args[8],
                args[9]);
    }
}
