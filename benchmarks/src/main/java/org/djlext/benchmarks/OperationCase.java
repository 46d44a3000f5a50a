/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CausalAttentionFunction;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.FusedLinearCrossEntropy;
import org.djlext.nn.GeluFunction;
import org.djlext.nn.LayerNormFunction;
import org.djlext.nn.LinearFunction;
import org.djlext.nn.Reduction;
import org.djlext.nn.ReluFunction;
import org.djlext.nn.TanhFunction;

/**
 * An operation, and how its inputs are drawn. It runs with its hand-written backward, or is
 * differentiated by the engine. N is the number of rows, C of columns.
 */
@SuppressWarnings("ImmutableEnumChecker") // the functions hold nothing that changes
enum OperationCase {
    /** x (N, C) times w (C, C), plus b (C). */
    LINEAR(new LinearFunction(), draw -> new NDList(draw.x(), draw.square(), draw.vector())),

    /** N of 100 rows of C numbers. */
    EMBEDDING(
            new EmbeddingFunction(),
            draw -> new NDList(draw.integers(100), draw.normal(100, draw.columns()))),

    /** Of (N, C). */
    TANH(new TanhFunction(), draw -> new NDList(draw.x())),

    /** Of (N, C). */
    RELU(new ReluFunction(), draw -> new NDList(draw.x())),

    /** Of (N, C). */
    GELU(new GeluFunction(), draw -> new NDList(draw.x())),

    /** Of (N, C), by rows. */
    LAYER_NORM(
            new LayerNormFunction(1e-5),
            draw -> new NDList(draw.x(), draw.vector(), draw.vector())),

    /** Of (N, C), by columns. */
    BATCH_NORM(
            new BatchNormFunction(1e-5, 1),
            draw -> new NDList(draw.x(), draw.vector(), draw.vector())),

    /** The same; the engine differentiates the expression, not an operation of its own. */
    BATCH_NORM_EXPRESSION(
            new BatchNormFunction(1e-5, 1),
            OperationCase::plainBatchNorm,
            draw -> new NDList(draw.x(), draw.vector(), draw.vector())),

    /** Of N positions in sequences of 32, with C / 50 or C / 64 heads. */
    CAUSAL_ATTENTION(
            new CausalAttentionFunction(),
            draw -> new NDList(draw.heads(), draw.heads(), draw.heads())),

    /** Of N rows of C logits. */
    CROSS_ENTROPY(
            new CrossEntropyFunction(Reduction.MEAN, null),
            draw -> new NDList(draw.x(), draw.integers(draw.columns()))),

    /**
     * x (N, C / 4) times w (32 C, C / 4), and cross entropy, in one operation; the engine's in two.
     * As in the last layer of a language model, there are more classes than features.
     */
    LINEAR_CROSS_ENTROPY(
            new FusedLinearCrossEntropy(),
            in ->
                    new NDList(
                            new CrossEntropyFunction(Reduction.MEAN, null)
                                    .apply(in.get(0).matMul(in.get(1).transpose()), in.get(2))),
            draw ->
                    new NDList(
                            draw.normal(draw.rows(), draw.columns() / 4),
                            draw.normal(32L * draw.columns(), draw.columns() / 4),
                            draw.integers(32L * draw.columns())));

    private static final int SEQUENCE = 32;

    private final AutogradFunction byHand;
    private final Function<NDList, NDList> engine;
    private final Function<Draw, NDList> inputs;

    OperationCase(AutogradFunction function, Function<Draw, NDList> inputs) {
        this(function, function::apply, inputs);
    }

    OperationCase(
            AutogradFunction byHand,
            Function<NDList, NDList> engine,
            Function<Draw, NDList> inputs) {
        this.byHand = byHand;
        this.engine = engine;
        this.inputs = inputs;
    }

    /** Draws its inputs. */
    NDList inputs(NDManager manager, int rows, int columns) {
        return inputs.apply(new Draw(manager, rows, columns));
    }

    /** Returns the output, to be differentiated by the hand-written backward. */
    NDArray byHand(NDList in) {
        return byHand.apply(in).head();
    }

    /** Returns the output, to be differentiated by the engine. */
    NDArray engine(NDList in) {
        try (Autograd.Scope scope = Autograd.engineGradients()) {
            return engine.apply(in).head();
        }
    }

    private static NDList plainBatchNorm(NDList in) {
        NDArray x = in.get(0);
        NDArray d = x.sub(x.mean(new int[] {0}, true));
        NDArray var = d.square().sum(new int[] {0}, true).div(x.getShape().get(0) - 1);
        return new NDList(d.div(var.add(1e-5).sqrt()).mul(in.get(1)).add(in.get(2)));
    }

    /** Draws the inputs of an operation on so many rows and columns. */
    private record Draw(NDManager manager, int rows, int columns) {

        /** Returns float32 numbers to differentiate by, normal with the deviation 1/2. */
        NDArray normal(long... shape) {
            NDArray x = manager.randomNormal(0, 0.5f, new Shape(shape), DataType.FLOAT32);
            x.setRequiresGradient(true);
            return x;
        }

        /** Returns x of shape (N, C). */
        NDArray x() {
            return normal(rows, columns);
        }

        NDArray square() {
            return normal(columns, columns);
        }

        NDArray vector() {
            return normal(columns);
        }

        NDArray heads() {
            int size = columns % 64 == 0 ? 64 : 50;
            return normal(rows / SEQUENCE, columns / size, SEQUENCE, size);
        }

        /** Returns N integers from 0 to below the bound. */
        NDArray integers(long bound) {
            return manager.randomInteger(0, bound, new Shape(rows), DataType.INT64);
        }
    }
}
