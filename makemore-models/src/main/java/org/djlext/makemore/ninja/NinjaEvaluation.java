/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.SparseFormat;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.TorchGenerator;

/**
 * The trained network without batches: batch norm with the statistics of the whole training set.
 *
 * <p>The lecture keeps no running statistics in this exercise. It computes mean and variance once,
 * at the end ("calibrate the batch norm").
 */
public final class NinjaEvaluation {

    // Bounds the memory: 1,024 rows of 200 floats are 800 KiB, so that evaluation needs no more
    // than a training step and its arrays.
    private static final int CHUNK = 1024;
    // A name of the data has at most 15 letters; a network that never ends one has to be stopped.
    private static final int LONGEST_NAME = 100;

    private final NDManager manager;
    private final NinjaParameters p;
    private final NDArray bnmean;
    private final NDArray bnstd;

    /**
     * Calibrates the batch norm.
     *
     * @param manager the manager of the statistics, of the parameters' device
     * @param parameters the trained parameters
     * @param train the training set, at least 2 examples
     */
    public NinjaEvaluation(NDManager manager, NinjaParameters parameters, Contexts train) {
        this.manager = manager;
        p = parameters;
        // The chunks are added up in float64: there are hundreds of thousands of rows.
        NDArray sum = manager.zeros(p.bngain().getShape(), DataType.FLOAT64);
        NDArray squares = manager.zeros(p.bngain().getShape(), DataType.FLOAT64);
        forEachChunk(
                train,
                (from, to, sub) -> sum.addi(columnSums(hprebn(train.slice(sub, from, to).x()))));
        NDArray mean = sum.div(train.size()).toType(DataType.FLOAT32, false);
        forEachChunk(
                train,
                (from, to, sub) ->
                        squares.addi(
                                columnSums(
                                        hprebn(train.slice(sub, from, to).x())
                                                .sub(mean)
                                                .square())));
        bnmean = mean;
        bnstd =
                squares.div(train.size() - 1)
                        .toType(DataType.FLOAT32, false)
                        .add(ChunkedForward.EPS)
                        .sqrt();
    }

    @FunctionalInterface
    private interface Chunk {
        void accept(int from, int to, NDManager sub);
    }

    private void forEachChunk(Contexts contexts, Chunk chunk) {
        for (int from = 0; from < contexts.size(); from += CHUNK) {
            try (NDManager sub = manager.newSubManager()) {
                chunk.accept(from, Math.min(from + CHUNK, contexts.size()), sub);
            }
        }
    }

    private static NDArray columnSums(NDArray rows) {
        return rows.sum(new int[] {0}, true).toType(DataType.FLOAT64, false);
    }

    private NDArray hprebn(NDArray x) {
        NDArray emb = x.getNDArrayInternal().embedding(x, p.c(), SparseFormat.DENSE).get(0);
        return emb.reshape(x.getShape().get(0), -1).matMul(p.w1()).add(p.b1());
    }

    /**
     * {@return the logarithm of the probability of each next character, (n, vocabSize)}
     *
     * @param x contexts, (n, 3)
     */
    public NDArray logprobs(NDArray x) {
        NDArray bnraw = hprebn(x).sub(bnmean).div(bnstd);
        NDArray h = bnraw.mul(p.bngain()).add(p.bnbias()).tanh();
        return h.matMul(p.w2()).add(p.b2()).logSoftmax(1);
    }

    /**
     * {@return the loss of a split, the mean cross entropy in nats a character}
     *
     * @param contexts the examples
     */
    public double loss(Contexts contexts) {
        double[] sum = {0};
        forEachChunk(
                contexts,
                (from, to, sub) -> {
                    NDArray y = contexts.slice(sub, from, to).y().reshape(-1, 1);
                    NDArray picked = logprobs(contexts.slice(sub, from, to).x()).gather(y, 1);
                    sum[0] -= picked.sum().getFloat();
                });
        return sum[0] / contexts.size();
    }

    /**
     * {@return names, drawn character by character, each with the '.' that ends it}
     *
     * @param generator the generator
     * @param vocabulary the characters
     * @param count how many names
     */
    public List<String> sample(TorchGenerator generator, CharVocabulary vocabulary, int count) {
        List<String> names = new ArrayList<>(count);
        while (names.size() < count) {
            StringBuilder name = new StringBuilder();
            long[] context = new long[NinjaParameters.BLOCK_SIZE];
            int next;
            do {
                try (NDManager sub = manager.newSubManager()) {
                    NDArray probs = logprobs(sub.create(new long[][] {context})).exp();
                    next = generator.multinomial(sub, probs.toFloatArray());
                }
                System.arraycopy(context, 1, context, 0, context.length - 1);
                context[context.length - 1] = next;
                name.append(vocabulary.character(next));
            } while (next != 0 && name.length() < LONGEST_NAME);
            names.add(name.toString());
        }
        return names;
    }
}
