/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.djlext.autograd.Functional.Option.CREATE_GRAPH;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import ai.djl.util.PairList;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.autograd.Functional;
import org.djlext.nn.Activations;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Steps whose loss has gradients in it, such as a gradient penalty: compiled they train as the
 * engine does, whose autograd differentiates its own gradients.
 */
class GradientsInStepsTest extends ArrayTest {

    private static final double TOLERANCE = 1e-9;
    private static final Shape BATCH = new Shape(4, 5);

    /** A network, and behind its output the gradient of the sum of its squares by the input. */
    private static final class WithGradient extends AbstractBlock {

        private final Block network;

        WithGradient(Block network) {
            this.network = addChildBlock("network", network);
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store,
                NDList inputs,
                boolean training,
                PairList<String, Object> params) {
            NDArray x = inputs.head().mul(1);
            x.setRequiresGradient(true);
            NDArray y = network.forward(store, new NDList(x.mul(0.3)), training).head();
            return new NDList(y, gradient(y.square().sum(), x));
        }

        @Override
        protected void initializeChildBlocks(
                NDManager manager, DataType type, Shape... inputShapes) {
            network.initialize(manager, type, inputShapes);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return new Shape[] {network.getOutputShapes(inputShapes)[0], inputShapes[0]};
        }
    }

    private static NDArray gradient(NDArray of, NDArray by) {
        NDList one = new NDList(of.onesLike());
        return Autograd.grad(new NDList(of), new NDList(by), one, true, true, false).head();
    }

    /** Cross entropy, and how far the norm of each gradient is from 1. */
    private static Loss penalty() {
        Loss entropy = Loss.softmaxCrossEntropyLoss();
        return Small.loss(
                (labels, outputs) -> {
                    NDArray norms = outputs.get(1).square().sum(new int[] {1}).add(1e-3).sqrt();
                    NDArray loss = entropy.evaluate(labels, new NDList(outputs.head()));
                    return loss.add(norms.sub(1).square().mean());
                });
    }

    private static Arguments network(String name, UnaryOperator<NDArray> activation) {
        return network(name, () -> layer(activation));
    }

    private static Arguments network(String name, Supplier<Block> layer) {
        Supplier<Block> network =
                () ->
                        new SequentialBlock()
                                .add(Linear.builder().setUnits(6).build())
                                .add(layer.get())
                                .add(Linear.builder().setUnits(3).build());
        return Arguments.of(name, network);
    }

    private static Block layer(UnaryOperator<NDArray> activation) {
        return new LambdaBlock(x -> new NDList(activation.apply(x.head())));
    }

    static Stream<Arguments> networks() {
        return Stream.of(
                network("tanh", NDArray::tanh),
                network("sigmoid", x -> Activation.sigmoid(x)),
                network("softplus", x -> x.exp().add(1).log()),
                network("gelu", x -> Activation.gelu(x)),
                network("swish", x -> Activation.swish(x, 1)),
                network("softmax", x -> x.softmax(1)),
                network("log softmax", x -> x.logSoftmax(1)),
                network("variance", x -> x.sub(x.mean(new int[] {1}, true)).square()),
                network("sine", NDArray::sin),
                network("cube", x -> x.pow(3)),
                network("parts", GradientsInStepsTest::parts),
                network("tanh, twice", x -> x.tanh().mul(x.tanh())),
                network("tanh with a rule", () -> Activations.tanh()),
                network("silu with a rule", () -> Activations.silu()),
                network("tanh of lambdas", x -> ofLambdas().apply(x)),
                network("tanh that keeps its output", x -> new OwnTanh(false).apply(x)),
                network("layer norm", () -> new org.djlext.nn.LayerNorm(6)),
                network("DJL's layer norm", () -> LayerNorm.builder().build()),
                network("batch norm", () -> org.djlext.nn.BatchNorm.builder().build()),
                network("DJL's batch norm", () -> BatchNorm.builder().build()));
    }

    private static NDArray parts(NDArray x) {
        return NDArrays.concat(new NDList(x.get(":, 3:"), x.get(":, :3")), 1).square();
    }

    private static AutogradFunction ofLambdas() {
        return AutogradFunction.of(
                "tanh", NDArray::tanh, (x, dy) -> dy.mul(x.tanh().square().neg().add(1)));
    }

    /** A function that saves its output, or an intermediate that backward cannot go through. */
    private static final class OwnTanh extends AutogradFunction {

        private final boolean isIntermediateSaved;

        OwnTanh(boolean isIntermediateSaved) {
            this.isIntermediateSaved = isIntermediateSaved;
        }

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            NDArray y = inputs.head().tanh();
            ctx.saveForBackward(isIntermediateSaved ? slope(y) : y);
            return new NDList(y);
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray saved = ctx.saved(0);
            return new NDList(gradOutputs.head().mul(isIntermediateSaved ? saved : slope(saved)));
        }

        private static NDArray slope(NDArray y) {
            return y.square().neg().add(1);
        }
    }

    private static void compare(Supplier<Block> block, Loss loss) {
        Twins.compare(block, loss, DataType.FLOAT64, BATCH, () -> Small.sgd(1e-4), TOLERANCE);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void gradientPenalty(String name, Supplier<Block> network) {
        compare(() -> new WithGradient(network.get()), penalty());
    }

    /** By what the block returns beside its prediction. */
    @Test
    void gradientInTheLoss() {
        Supplier<Block> block =
                () ->
                        new SequentialBlock()
                                .add(Linear.builder().setUnits(6).build())
                                .add(h -> new NDList(h.head().tanh().square(), h.head()));
        Loss loss =
                Small.loss(
                        (labels, outputs) -> {
                            NDArray y = outputs.head();
                            NDArray slope = gradient(y.sum(), outputs.get(1));
                            return slope.square().sum().add(y.mean());
                        });
        compare(block, loss);
    }

    /** Without createGraph a gradient is numbers, which the loss is not differentiated through. */
    @Test
    void gradientAsNumbers() {
        Loss loss =
                Small.loss(
                        (labels, outputs) -> {
                            NDArray y = outputs.head();
                            NDList of = new NDList(y.square().sum());
                            NDList one = new NDList(of.head().onesLike());
                            NDList by = new NDList(y);
                            NDArray g = Autograd.grad(of, by, one, true, false, false).head();
                            return y.mul(g).sum();
                        });
        compare(() -> Linear.builder().setUnits(3).build(), loss);
    }

    /** A function that takes y from outside too is not differentiated by that. */
    private static NDArray derivatives(NDArray y) {
        NDList at = new NDList(y);
        NDArray vjp =
                Functional.vjp(f -> sum(f.head().tanh().mul(y)), at, null, CREATE_GRAPH)
                        .product()
                        .head();
        NDList v = new NDList(y.square());
        NDArray hvp =
                Functional.hvp(f -> sum(f.head().exp()), at, v, CREATE_GRAPH).product().head();
        NDArray jvp =
                Functional.jvp(f -> new NDList(f.head().square()), at, v, CREATE_GRAPH)
                        .product()
                        .head();
        NDList one = new NDList(y.get("0, 0"));
        NDArray hessian =
                Functional.hessian(f -> sum(f.head().pow(3)), one, CREATE_GRAPH).get(0).head();
        return vjp.square().sum().add(hvp.mean()).add(jvp.mul(0.1).sum()).add(hessian.sum());
    }

    private static NDList sum(NDArray array) {
        return new NDList(array.sum());
    }

    @Test
    void derivativesOfFunctions() {
        compare(
                () -> Linear.builder().setUnits(3).build(),
                Small.loss((labels, outputs) -> derivatives(outputs.head())));
    }

    /** The first derivative of x^4 is 4 x^3, the second 12 x^2, and the third 24 x. */
    @Test
    void thirdDerivative() {
        Block block =
                Small.block(
                        new Shape(3),
                        (x, w) -> {
                            NDArray p = x.add(w);
                            NDArray q = p.mul(p);
                            return gradient(gradient(q.mul(q).sum(), p).sum(), p);
                        });
        block.initialize(manager, DataType.FLOAT64, new Shape(3));
        try (CompiledStep step = Small.step(block, Small.sum(), 1)) {
            NDList x = new NDList(manager.create(new double[] {1, 2, -3}, new Shape(1, 3)));
            assertEquals(12 * (1 + 4 + 9), step.run(x, x)[0], TOLERANCE);
            double[] moved = Twins.parameter(block, 0).getArray().toDoubleArray();
            assertArrayEquals(new double[] {-24, -48, 72}, moved, TOLERANCE);
        }
    }

    private void assertRefused(Block layer, String why) {
        Block block = new WithGradient(layer);
        block.initialize(manager, DataType.FLOAT32, BATCH);
        NDList data = new NDList(manager.randomNormal(new Shape(1, 4, 5)));
        NDList labels = new NDList(manager.zeros(new Shape(1, 4), DataType.INT64));
        Small.assertRefused(block, penalty(), data, labels, why);
    }

    private static Block after(UnaryOperator<NDArray> layer) {
        return new SequentialBlock().add(Linear.builder().setUnits(3).build()).add(layer(layer));
    }

    @Test
    void whatCannotBeDifferentiatedTwice() {
        assertRefused(
                after(x -> x.cumSum(1)),
                "a gradient that is taken inside of a step goes through cumsum");
        assertRefused(
                after(x -> new OwnTanh(true).apply(x)),
                "cannot compile OwnTanh: its backward takes an intermediate");
    }

    /** Gradients flow to an array of the batch where that is asked for, and not without. */
    @Test
    void arrayWithoutAGradient() {
        Block block = Small.block(new Shape(5), (x, w) -> gradient(x.mul(w).sum(), x));
        block.initialize(manager, DataType.FLOAT32, BATCH);
        NDList data = new NDList(manager.ones(new Shape(1, 4, 5)));
        Small.assertRefused(block, Small.sum(), data, data, "setRequiresGradient(true)");
    }
}
