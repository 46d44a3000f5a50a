/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
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
public enum OperationCase {
    /** x (N, C) times w (C, C), plus b (C). */
    LINEAR(new LinearFunction(), draw -> new NDList(draw.x(), square(draw), vector(draw))),

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
            new LayerNormFunction(1e-5), draw -> new NDList(draw.x(), vector(draw), vector(draw))),

    /** Of (N, C), by columns. */
    BATCH_NORM(
            new BatchNormFunction(1e-5, 1),
            draw -> new NDList(draw.x(), vector(draw), vector(draw))),

    /** Of N positions in sequences of 32, with C / 50 or C / 64 heads. */
    CAUSAL_ATTENTION(
            new CausalAttentionFunction(),
            draw -> new NDList(heads(draw), heads(draw), heads(draw))),

    /** Of N rows of C logits. */
    CROSS_ENTROPY(
            new CrossEntropyFunction(Reduction.MEAN, null),
            draw -> new NDList(draw.x(), draw.integers(draw.columns()))),

    /** x (N, C) times w (C, C), and cross entropy, in one operation; the engine's in two. */
    LINEAR_CROSS_ENTROPY(
            new FusedLinearCrossEntropy(),
            in ->
                    new NDList(
                            new CrossEntropyFunction(Reduction.MEAN, null)
                                    .apply(in.get(0).matMul(in.get(1).transpose()), in.get(2))),
            draw -> new NDList(draw.x(), square(draw), draw.integers(draw.columns())));

    private static final int SEQUENCE = 32;

    private final AutogradFunction byHand;
    private final Function<NDList, NDList> engine;
    private final Function<OperationInputs, NDList> inputs;

    OperationCase(AutogradFunction function, Function<OperationInputs, NDList> inputs) {
        this(function, function::apply, inputs);
    }

    OperationCase(
            AutogradFunction byHand,
            Function<NDList, NDList> engine,
            Function<OperationInputs, NDList> inputs) {
        this.byHand = byHand;
        this.engine = engine;
        this.inputs = inputs;
    }

    /** Draws its inputs. */
    NDList inputs(OperationInputs draw) {
        return inputs.apply(draw);
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

    private static NDArray square(OperationInputs draw) {
        return draw.normal(draw.columns(), draw.columns());
    }

    private static NDArray vector(OperationInputs draw) {
        return draw.normal(draw.columns());
    }

    private static NDArray heads(OperationInputs draw) {
        int size = draw.columns() % 64 == 0 ? 64 : 50;
        return draw.normal(draw.rows() / SEQUENCE, draw.columns() / size, SEQUENCE, size);
    }
}
