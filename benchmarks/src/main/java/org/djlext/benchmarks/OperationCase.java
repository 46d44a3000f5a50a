/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Operations;
import org.djlext.nn.FusedLinearCrossEntropy;

/**
 * An operation in two versions that compute the same from the same inputs: with the hand-written
 * backward, and of the engine's own operations. N is the number of rows, C of columns.
 */
@SuppressWarnings("ImmutableEnumChecker") // the functions hold nothing that changes
public enum OperationCase {
    /** x (N, C) times w (C, C), plus b (C). */
    LINEAR(
            draw -> new NDList(draw.x(), square(draw), vector(draw)),
            (ops, in) -> ops.linear(in.get(0), in.get(1), in.get(2))),

    /** N of 100 rows of C numbers. */
    EMBEDDING(
            draw -> new NDList(draw.integers(100), draw.normal(100, draw.columns())),
            (ops, in) -> ops.embedding(in.get(0), in.get(1))),

    /** Of (N, C). */
    TANH(draw -> new NDList(draw.x()), (ops, in) -> ops.tanh(in.get(0))),

    /** Of (N, C). */
    RELU(draw -> new NDList(draw.x()), (ops, in) -> ops.relu(in.get(0))),

    /** Of (N, C). */
    GELU(draw -> new NDList(draw.x()), (ops, in) -> ops.gelu(in.get(0))),

    /** Of (N, C), by rows. */
    LAYER_NORM(
            draw -> new NDList(draw.x(), vector(draw), vector(draw)),
            (ops, in) -> ops.layerNorm(in.get(0), in.get(1), in.get(2), 1e-5)),

    /** Of (N, C), by columns. */
    BATCH_NORM(
            draw -> new NDList(draw.x(), vector(draw), vector(draw)),
            (ops, in) -> ops.batchNorm(in.get(0), in.get(1), in.get(2), 1e-5).y()),

    /** Of N positions in sequences of 32, with C / 50 or C / 64 heads. */
    CAUSAL_ATTENTION(
            draw -> new NDList(heads(draw), heads(draw), heads(draw)),
            (ops, in) -> ops.causalAttention(in.get(0), in.get(1), in.get(2))),

    /** Of N rows of C logits. */
    CROSS_ENTROPY(
            draw -> new NDList(draw.x(), draw.integers(draw.columns())),
            (ops, in) -> ops.crossEntropy(in.get(0), in.get(1))),

    /** x (N, C) times w (C, C), and cross entropy, in one operation; the engine's in two. */
    LINEAR_CROSS_ENTROPY(
            draw -> new NDList(draw.x(), square(draw), draw.integers(draw.columns())),
            in -> new FusedLinearCrossEntropy().apply(in).get(0),
            in ->
                    Gradients.ENGINE
                            .operations()
                            .crossEntropy(in.get(0).matMul(in.get(1).transpose()), in.get(2)));

    private static final int SEQUENCE = 32;

    private final Function<OperationInputs, NDList> inputs;
    private final Function<NDList, NDArray> byHand;
    private final Function<NDList, NDArray> engine;

    OperationCase(
            Function<OperationInputs, NDList> inputs,
            BiFunction<Operations, NDList, NDArray> operation) {
        this(
                inputs,
                in -> operation.apply(Gradients.MANUAL.operations(), in),
                in -> operation.apply(Gradients.ENGINE.operations(), in));
    }

    OperationCase(
            Function<OperationInputs, NDList> inputs,
            Function<NDList, NDArray> byHand,
            Function<NDList, NDArray> engine) {
        this.inputs = inputs;
        this.byHand = byHand;
        this.engine = engine;
    }

    /** Draws its inputs. */
    NDList inputs(OperationInputs draw) {
        return inputs.apply(draw);
    }

    /** Returns the output of the version with the hand-written backward. */
    NDArray byHand(NDList in) {
        return byHand.apply(in);
    }

    /** Returns the output of the engine's version. */
    NDArray engine(NDList in) {
        return engine.apply(in);
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
