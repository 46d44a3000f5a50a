/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.initializer.XavierInitializer;

/**
 * The operations with a hand-written backward as DJL Blocks, to be put together in a {@code
 * SequentialBlock} or a Block of one's own.
 *
 * <pre>{@code
 * new SequentialBlock()
 *         .add(ManualBlocks.linear(200))
 *         .add(ManualBatchNorm.builder().build())
 *         .add(ManualBlocks.tanh())
 *         .add(ManualBlocks.linear(27))
 * }</pre>
 *
 * <p>Parameters start as DJL's own layers do, or as PyTorch's where DJL has none; {@code
 * setInitializer} of the block changes it.
 */
public final class ManualBlocks {

    private ManualBlocks() {}

    /**
     * A {@link LinearFunction} with a bias.
     *
     * @param units the length of a row of the output
     * @return a block from (.., in) to (.., units)
     */
    public static FunctionBlock linear(long units) {
        return linear(units, true);
    }

    /**
     * A {@link LinearFunction}. Parameters: weight of shape (in, units), initially normal with the
     * variance 2 / in, and bias of shape (units), initially 0.
     *
     * @param units the length of a row of the output
     * @param bias whether there is a bias
     * @return a block from (.., in) to (.., units)
     */
    public static FunctionBlock linear(long units, boolean bias) {
        atLeastOne("linear", "units", units);
        // OUT means the first axis of the shape, which in this layout is the number of inputs.
        Initializer kaiming =
                new XavierInitializer(
                        XavierInitializer.RandomType.GAUSSIAN, XavierInitializer.FactorType.OUT, 2);
        FunctionBlock.Builder builder =
                FunctionBlock.builder("linear")
                        .setFunction(new LinearFunction())
                        .addParameter(
                                parameter("weight", Parameter.Type.WEIGHT, kaiming),
                                in -> new Shape(in[0].getLastDimension(), units))
                        .optOutputShapes(in -> new Shape[] {replaceLast(in[0], units)});
        if (bias) {
            builder.addParameter(
                    parameter("bias", Parameter.Type.BIAS, Initializer.ZEROS),
                    in -> new Shape(units));
        }
        return builder.build();
    }

    /**
     * An {@link EmbeddingFunction}. Parameter: weight of shape (rows, dim), initially standard
     * normal.
     *
     * @param rows the number of different indices
     * @param dim the length of a row
     * @return a block from integers of shape (..) to (.., dim)
     */
    public static FunctionBlock embedding(long rows, long dim) {
        atLeastOne("embedding", "rows", rows);
        atLeastOne("embedding", "dim", dim);
        return FunctionBlock.builder("embedding")
                .setFunction(new EmbeddingFunction())
                .addParameter(
                        parameter("weight", Parameter.Type.WEIGHT, new NormalInitializer(1)),
                        in -> new Shape(rows, dim))
                .optOutputShapes(in -> new Shape[] {in[0].add(dim)})
                .build();
    }

    /**
     * A {@link LayerNormFunction}. Parameters: gamma, initially 1, and beta, initially 0, of shape
     * (C).
     *
     * @param eps what is added to the variance, such as 1e-5
     * @return a block from (.., C) to (.., C)
     */
    public static FunctionBlock layerNorm(double eps) {
        return FunctionBlock.builder("layerNorm")
                .setFunction(new LayerNormFunction(eps))
                .optSetting("eps", eps)
                .addParameter(
                        parameter("gamma", Parameter.Type.GAMMA, Initializer.ONES),
                        in -> new Shape(in[0].getLastDimension()))
                .addParameter(
                        parameter("beta", Parameter.Type.BETA, Initializer.ZEROS),
                        in -> new Shape(in[0].getLastDimension()))
                .build();
    }

    /**
     * A {@link BatchNormTanh} with the lecture's unbiased variance in training; in evaluation tanh
     * of the normalization with the running statistics. Below 262144 elements, where a node costs
     * more than it saves, training takes the engine's own operations and gradients for the same
     * formula. Parameters of shape (channels): gamma (initially 1), beta (0), and without gradient
     * runningMean (0) and runningVar (1).
     *
     * @param eps what is added to the variance, such as 1e-5
     * @param momentum the weight of the batch in the running statistics, such as 0.1
     * @return a block that keeps the shape
     */
    public static FunctionBlock batchNormTanh(double eps, double momentum) {
        FusedBatchNormTanh function = new FusedBatchNormTanh(eps, 1, momentum);
        return FunctionBlock.builder("batchNormTanh")
                .optSetting("eps", eps)
                .setComputation(
                        (arrays, training) ->
                                new NDList(
                                        training
                                                ? function.train(arrays)
                                                : function.evaluate(arrays)))
                .addParameter(
                        parameter("gamma", Parameter.Type.GAMMA, Initializer.ONES),
                        in -> new Shape(in[0].getLastDimension()))
                .addParameter(
                        parameter("beta", Parameter.Type.BETA, Initializer.ZEROS),
                        in -> new Shape(in[0].getLastDimension()))
                .addParameter(
                        RunningStatistics.parameter("runningMean", Parameter.Type.RUNNING_MEAN),
                        in -> new Shape(in[0].getLastDimension()))
                .addParameter(
                        RunningStatistics.parameter("runningVar", Parameter.Type.RUNNING_VAR),
                        in -> new Shape(in[0].getLastDimension()))
                .build();
    }

    /**
     * A {@link DropoutFunction} in training, the identity in evaluation.
     *
     * @param p the probability that an element is set to 0
     * @return a block that keeps the shape
     */
    public static FunctionBlock dropout(double p) {
        DropoutFunction function = new DropoutFunction(p, true);
        return FunctionBlock.builder("dropout")
                .setComputation(
                        (arrays, training) ->
                                training ? function.apply(arrays) : new NDList(arrays))
                .build();
    }

    /**
     * A {@link CausalAttentionFunction}.
     *
     * @return a block from q, k and v to an output of v's shape
     */
    public static FunctionBlock causalAttention() {
        return FunctionBlock.builder("causalAttention")
                .setFunction(new CausalAttentionFunction())
                .optOutputShapes(in -> new Shape[] {in[2]})
                .build();
    }

    /**
     * A {@link TanhFunction}.
     *
     * @return a block that keeps the shape
     */
    public static FunctionBlock tanh() {
        return FunctionBlock.of("tanh", new TanhFunction());
    }

    /**
     * A {@link ReluFunction}.
     *
     * @return a block that keeps the shape
     */
    public static FunctionBlock relu() {
        return FunctionBlock.of("relu", new ReluFunction());
    }

    /**
     * A {@link GeluFunction}.
     *
     * @return a block that keeps the shape
     */
    public static FunctionBlock gelu() {
        return FunctionBlock.of("gelu", new GeluFunction());
    }

    private static Parameter parameter(String name, Parameter.Type type, Initializer initializer) {
        return Parameter.builder().setName(name).setType(type).optInitializer(initializer).build();
    }

    private static Shape replaceLast(Shape shape, long size) {
        return shape.slice(0, shape.dimension() - 1).add(size);
    }

    private static void atLeastOne(String block, String what, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(
                    block + " takes " + what + " of at least 1, but got " + value);
        }
    }
}
