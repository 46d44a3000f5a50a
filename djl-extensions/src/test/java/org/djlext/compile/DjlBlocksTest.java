/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.loss.Loss;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** DJL's own blocks, losses and activations, compiled, beside the engine. */
class DjlBlocksTest {

    private static final double TIGHT = 1e-9;
    private static final double FLOAT = 2e-5;

    static Stream<Arguments> blocks() {
        return Stream.of(
                block("linear", linear(6), 5),
                block("relu", with(Activation::relu), 5),
                block("sigmoid", with(Activation::sigmoid), 5),
                block("tanh", with(Activation::tanh), 5),
                block("softPlus", with(Activation::softPlus), 5),
                block("softSign", with(Activation::softSign), 5),
                block("leakyRelu", with(x -> Activation.leakyRelu(x, 0.1f)), 5),
                block("elu", with(x -> Activation.elu(x, 0.7f)), 5),
                block("selu", with(Activation::selu), 5),
                block("gelu", with(Activation::gelu), 5),
                block("swish", with(x -> Activation.swish(x, 1.3f)), 5),
                block("mish", with(Activation::mish), 5),
                block("batchNorm", then(() -> BatchNorm.builder().build()), 5),
                block("batchNorm of images", images(() -> BatchNorm.builder().build()), 2, 6, 6),
                block("batchNorm of a transposed array", then(DjlBlocksTest::columns), 5),
                block("layerNorm", then(() -> LayerNorm.builder().build()), 5),
                block("dropout", then(() -> Dropout.builder().optRate(0.3f).build()), 5),
                block("dropout of all", then(() -> Dropout.builder().optRate(1f).build()), 5),
                block("conv2d", images(Blocks::identityBlock), 2, 6, 6),
                block("maxPool", images(() -> pool("max")), 2, 6, 6),
                block("avgPool", images(() -> pool("avg")), 2, 6, 6),
                block("globalMaxPool", images(Pool::globalMaxPool2dBlock), 2, 6, 6),
                block("globalAvgPool", images(Pool::globalAvgPool2dBlock), 2, 6, 6),
                block("conv1d", DjlBlocksTest::conv1d, 3, 7),
                block("a layer twice", DjlBlocksTest::twice, 3));
    }

    private static Arguments block(String name, Supplier<Block> block, long... shape) {
        return Arguments.of(name, block, new Shape(shape));
    }

    private static Block pool(String kind) {
        Shape kernel = new Shape(2, 2);
        Shape stride = new Shape(1, 2);
        Shape padding = new Shape(1, 0);
        return kind.equals("max")
                ? Pool.maxPool2dBlock(kernel, stride, padding, true)
                : Pool.avgPool2dBlock(kernel, stride, padding, true);
    }

    private static Supplier<Block> linear(int units) {
        return () ->
                new SequentialBlock()
                        .add(Linear.builder().setUnits(units).build())
                        .add(Linear.builder().setUnits(3).optBias(false).build());
    }

    private static Supplier<Block> with(UnaryOperator<NDArray> activation) {
        return then(() -> new LambdaBlock(in -> new NDList(activation.apply(in.head()))));
    }

    private static Supplier<Block> then(Supplier<Block> block) {
        return () ->
                new SequentialBlock()
                        .add(Linear.builder().setUnits(6).build())
                        .add(block.get())
                        .add(Linear.builder().setUnits(3).build());
    }

    private static Block columns() {
        return new SequentialBlock()
                .add(x -> new NDList(x.head().transpose()))
                .add(BatchNorm.builder().build())
                .add(x -> new NDList(x.head().transpose()));
    }

    private static Supplier<Block> images(Supplier<Block> block) {
        return () ->
                new SequentialBlock()
                        .add(
                                Conv2d.builder()
                                        .setFilters(3)
                                        .setKernelShape(new Shape(3, 2))
                                        .optStride(new Shape(1, 2))
                                        .optPadding(new Shape(0, 1))
                                        .build())
                        .add(block.get())
                        .add(Blocks.batchFlattenBlock())
                        .add(Linear.builder().setUnits(3).build());
    }

    private static Block twice() {
        Block layer = Linear.builder().setUnits(3).build();
        return new SequentialBlock().add(layer).add(Activation::tanh).add(layer);
    }

    private static Block conv1d() {
        return new SequentialBlock()
                .add(Conv1d.builder().setFilters(4).setKernelShape(new Shape(3)).build())
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(3).build());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("blocks")
    void trainsAsTheEngineDoes(String name, Supplier<Block> block, Shape shape) {
        compare(block, shape, DataType.FLOAT64, TIGHT);
    }

    // DJL makes their first states in float32.
    static Stream<Arguments> recurrent() {
        return Stream.of(
                block("lstm", over(() -> small(LSTM.builder()).setNumLayers(2).build()), 3, 5),
                block("gru", over(() -> small(GRU.builder()).build()), 3, 5),
                block(
                        "rnn",
                        over(() -> small(RNN.builder()).setActivation(RNN.Activation.TANH).build()),
                        3,
                        5),
                block(
                        "transformer encoder",
                        over(() -> new TransformerEncoderBlock(6, 2, 8, 0.1f, Activation::relu)),
                        3,
                        6));
    }

    private static <B extends RecurrentBlock.BaseBuilder<B>> B small(B builder) {
        return builder.setNumLayers(1).setStateSize(4).optReturnState(false);
    }

    private static Supplier<Block> over(Supplier<Block> block) {
        return () ->
                new SequentialBlock()
                        .add(block.get())
                        .add(Blocks.batchFlattenBlock())
                        .add(Linear.builder().setUnits(3).build());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("recurrent")
    void trainsInFloat32(String name, Supplier<Block> block, Shape shape) {
        compare(block, shape, DataType.FLOAT32, FLOAT);
    }

    private static void compare(
            Supplier<Block> block, Shape shape, DataType type, double tolerance) {
        Loss loss = Loss.softmaxCrossEntropyLoss();
        Shape batch = new Shape(4).addAll(shape);
        Twins.compare(block, loss, type, batch, () -> Small.sgd(0.1), tolerance);
    }
}
