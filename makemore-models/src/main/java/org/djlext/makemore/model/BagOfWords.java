/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import org.djlext.makemore.layer.Embedding;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Linear;

/**
 * The makemore program's bag of words: each position takes the plain mean of the vectors up to its
 * own, then an MLP; both are added to what was there before.
 */
public final class BagOfWords extends LanguageModel {

    private final PositionalEmbedding embeddings;
    private final ContextBlock block;
    private final Linear lmHead;

    /**
     * Makes the model.
     *
     * @param config blockSize, embedding and hidden
     * @param gradients who differentiates
     */
    public BagOfWords(ModelConfig config, Gradients gradients) {
        super(config, gradients);
        int channels = config.embedding();
        embeddings =
                new PositionalEmbedding(
                        addChildBlock(
                                "wte", new Embedding(gradients, config.vocabSize(), channels)),
                        addChildBlock(
                                "wpe", new Embedding(gradients, config.blockSize(), channels)));
        block = addChildBlock("context_block", new ContextBlock(config, gradients));
        lmHead =
                addChildBlock(
                        "lm_head", Linear.pyTorch(gradients, channels, config.vocabSize(), true));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray vectors = embeddings.compute(x, pass); // (B, T, C)
        return pass.run(lmHead, pass.run(block, vectors)); // (B, T, V)
    }

    /** Keeps the sum of the vectors, (B, C). */
    @Override
    public Next next(NDArray x, int position, NDList state, Pass pass) {
        NDArray vectors = embeddings.at(x, position, pass); // (B, C)
        NDArray sum = position == 0 ? vectors : vectors.add(state.get(0));
        NDArray y = block.mix(vectors, sum.div(position + 1), pass);
        return new Next(pass.run(lmHead, y), new NDList(sum));
    }

    private static final class ContextBlock extends Layer {
        private final Layer mlp;

        ContextBlock(ModelConfig config, Gradients gradients) {
            mlp = addChildBlock("mlp", new TanhMlp(config, gradients));
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            return mix(x, meansSoFar(x), pass);
        }

        NDArray mix(NDArray x, NDArray means, Pass pass) {
            NDArray y = x.add(means);
            return y.add(pass.run(mlp, y));
        }
    }

    /** Returns for each position the mean of the vectors up to it, (B, T, C). */
    private static NDArray meansSoFar(NDArray x) {
        NDManager manager = x.getManager();
        int steps = (int) x.getShape().get(1);
        NDArray counts = manager.arange(1, steps + 1, 1, x.getDataType(), x.getDevice());
        // Not x.cumSum: a matrix product is faster, and it is the lecture's way.
        NDArray t = manager.arange(0, steps, 1, DataType.INT64, x.getDevice());
        NDArray past = t.expandDims(0).lte(t.expandDims(1)).toType(x.getDataType(), false);
        return past.div(counts.expandDims(1)).matMul(x); // (T, T) by (B, T, C)
    }

    private static final class TanhMlp extends Layer {
        private final Gradients gradients;
        private final Linear in;
        private final Linear out;

        TanhMlp(ModelConfig config, Gradients gradients) {
            this.gradients = gradients;
            in =
                    addChildBlock(
                            "c_fc",
                            Linear.pyTorch(gradients, config.embedding(), config.hidden(), true));
            out =
                    addChildBlock(
                            "c_proj",
                            Linear.pyTorch(gradients, config.hidden(), config.embedding(), true));
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            return pass.run(out, gradients.operations().tanh(pass.run(in, x)));
        }
    }
}
