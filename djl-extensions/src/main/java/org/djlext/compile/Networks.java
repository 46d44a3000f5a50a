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
        rules.put("batchNorm/9", Networks::batchNorm);
        rules.put(
                "layerNorm/5",
                call -> new NDList(call.function("native_layer_norm", call.args().toArray())));
        rules.put("dropout/3", Networks::dropout);
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
        int axis = call.number(5);
        NDArray input = axis > 1 ? call.array(0).swapAxes(1, axis) : call.array(0);
        // In float, as the engine's own sources have it.
        double momentum = 1f - (Float) call.arg(6);
        List<@Nullable Object> args = call.args();
        NDArray y =
                call.function(
                        "native_batch_norm",
                        input,
                        args.get(3),
                        args.get(4),
                        args.get(1),
                        args.get(2),
                        args.get(8),
                        momentum,
                        args.get(7));
        return new NDList(axis > 1 ? y.swapAxes(1, axis) : y);
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

    private static NDArray flat(MethodCall call) {
        return call.array().reshape(call.shape().slice(0, 2).add(call.shape().slice(2).size()));
    }

    private static Object rnn(MethodCall call) {
        List<@Nullable Object> arguments = new ArrayList<>(call.args());
        boolean isRelu = arguments.remove(5) == RNN.Activation.RELU;
        return call.record(isRelu ? "rnn_relu" : "rnn_tanh", arguments.toArray());
    }
}
