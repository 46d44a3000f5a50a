/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.loss.Loss;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.autograd.EngineFunction;
import org.djlext.autograd.Recorder;
import org.djlext.testing.ArrayTest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kernels that an operation calls by their names, beside the engine's autograd of what they are.
 */
class KernelCallsTest extends ArrayTest {

    private static final double TOLERANCE = 1e-9;

    private static NDList call(String kernel, @Nullable Object... arguments) {
        return EngineFunction.call(kernel, arguments);
    }

    static Stream<Arguments> kernels() {
        return Stream.of(
                kernel(
                        "layer norm",
                        x -> normalized(x, 1),
                        x -> call("native_layer_norm", x, new Shape(6), null, null, 1e-5).head()),
                kernel(
                        "batch norm",
                        x -> normalized(x, 0),
                        x ->
                                call(
                                                "native_batch_norm",
                                                x,
                                                null,
                                                null,
                                                null,
                                                null,
                                                true,
                                                0.0,
                                                1e-5)
                                        .head()),
                kernel(
                        "gelu by tanh",
                        KernelCallsTest::geluByTanh,
                        x -> call("gelu", x, "approximate='tanh'").head()),
                kernel(
                        "attention",
                        x -> fromHeads(attention(toHeads(x))),
                        x -> {
                            NDArray q = toHeads(x);
                            return fromHeads(
                                    call("scaled_dot_product_attention", q, q, q, null, 0.0, true)
                                            .head());
                        }),
                kernel("parts", KernelCallsTest::parts, KernelCallsTest::parts),
                kernel("gelu", Activation::gelu, x -> call("gelu", x).head()),
                kernel("silu", x -> Activation.swish(x, 1), x -> call("silu", x).head()));
    }

    private static Arguments kernel(
            String name, UnaryOperator<NDArray> engine, UnaryOperator<NDArray> kernel) {
        UnaryOperator<NDArray> either =
                x -> x instanceof Recorder.Recorded ? kernel.apply(x) : engine.apply(x);
        return Arguments.of(name, either);
    }

    private static NDArray normalized(NDArray x, int axis) {
        NDArray diff = x.sub(x.mean(new int[] {axis}, true));
        NDArray variance = diff.square().mean(new int[] {axis}, true);
        return diff.div(variance.add(1e-5).sqrt());
    }

    // (T, 6) to (1, 2, T, 3)
    private static NDArray toHeads(NDArray x) {
        return x.reshape(1, x.getShape().get(0), 2, 3).swapAxes(1, 2);
    }

    private static NDArray fromHeads(NDArray y) {
        return y.swapAxes(1, 2).reshape(y.getShape().get(2), 6);
    }

    // Each position sees itself and those before.
    private static NDArray attention(NDArray q) {
        NDArray scores = q.matMul(q.swapAxes(2, 3)).mul(1 / Math.sqrt(3)); // (1, 2, T, T)
        NDArray t = q.getManager().arange((int) q.getShape().get(2));
        NDArray future = t.expandDims(0).gt(t.expandDims(1)).toType(q.getDataType(), false);
        return scores.sub(future.mul(1e9)).softmax(3).matMul(q);
    }

    // One of three parts is not read.
    private static NDArray parts(NDArray x) {
        NDList parts = x.split(new long[] {2, 4}, 1);
        NDArray y = parts.get(2).mul(parts.get(0));
        return NDArrays.concat(new NDList(y, y, y), 1);
    }

    // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    private static NDArray geluByTanh(NDArray x) {
        NDArray cube = x.mul(x).mul(x).mul(0.044715);
        NDArray u = x.add(cube).mul(Math.sqrt(2 / Math.PI));
        return u.tanh().add(1).mul(x).mul(0.5);
    }

    private static Block block(UnaryOperator<NDArray> layer) {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(6).build())
                .add(new LambdaBlock(in -> new NDList(layer.apply(in.head()))))
                .add(Linear.builder().setUnits(3).build());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kernels")
    void hasTheEnginesGradient(String name, UnaryOperator<NDArray> layer) {
        compare(layer, Loss.softmaxCrossEntropyLoss());
    }

    private static void compare(UnaryOperator<NDArray> layer, Loss loss) {
        String script =
                Twins.compare(
                        () -> block(layer),
                        loss,
                        DataType.FLOAT64,
                        new Shape(4, 5),
                        () -> Small.sgd(0.05),
                        TOLERANCE);
        assertTrue(!script.contains("torch.grad("), script);
    }

    @Test
    void lossThatIgnoresLabels() {
        Loss loss =
                Small.loss(
                        (labels, predictions) -> {
                            NDArray y = labels.head();
                            NDArray logp = predictions.head().logSoftmax(1);
                            if (logp instanceof Recorder.Recorded) {
                                return call("nll_loss_forward", logp, y, null, 1, 2).head();
                            }
                            NDArray counts = y.neq(2).toType(DataType.FLOAT64, false);
                            NDArray own = logp.get(new NDIndex().addAllDim().addPickDim(y));
                            return own.reshape(4).mul(counts).sum().neg().div(counts.sum());
                        });
        compare(x -> x, loss);
    }

    private static void compare(BinaryOperator<NDArray> computation) {
        Twins.compare(
                () -> Small.block(new Shape(4), computation),
                Small.sum(),
                DataType.FLOAT64,
                new Shape(3, 4),
                () -> Small.sgd(0.001),
                TOLERANCE);
    }

    /** The next step begins with new arrays, and what was equal before the change stays. */
    @Test
    void arrayOfOneStepIsChanged() {
        compare(
                (x, w) -> {
                    NDArray mean = x.getManager().zeros(new Shape(4), x.getDataType());
                    NDArray variance = mean.onesLike();
                    NDArray one = mean.onesLike();
                    NDArray xw = x.mul(w);
                    NDArray y =
                            BatchNorm.batchNorm(xw, mean, variance, one, one, 1, 0.9f, 1e-5f, true)
                                    .head();
                    NDArray z = x.mul(2);
                    NDArray moved = x.mul(2);
                    EngineFunction.call("lerp_", moved, x, 0.5);
                    return y.square().mul(w).add(mean).mul(variance).mul(z).add(moved);
                });
    }

    /** Changed in place, an array has the gradient of what it was changed to. */
    @Test
    void arrayWithAGradientIsChanged() {
        compare(
                (x, w) -> {
                    NDArray y = x.mul(w);
                    NDArray product = EngineFunction.call("mul_", y, x).head();
                    return y.mul(product);
                });
    }

    @Test
    void gradientOfAnotherResultIsRefused() {
        // The loss depends on the mean, which is the kernel's second result.
        UnaryOperator<NDArray> layer =
                x -> {
                    if (!(x instanceof Recorder.Recorded)) {
                        return x;
                    }
                    NDList results = call("native_layer_norm", x, new Shape(6), null, null, 1e-5);
                    return results.get(0).add(results.get(1));
                };
        Block block = block(layer);
        block.getChildren().valueAt(0).initialize(manager, DataType.FLOAT32, new Shape(4, 5));
        block.getChildren().valueAt(2).initialize(manager, DataType.FLOAT32, new Shape(4, 6));
        NDList data = new NDList(manager.ones(new Shape(1, 4, 5)));
        NDList labels = new NDList(manager.zeros(new Shape(1, 4), DataType.INT64));
        Small.assertRefused(block, Loss.softmaxCrossEntropyLoss(), data, labels, "stopGradient");
    }
}
