/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.nn.CausalMeanFunction;
import org.djlext.nn.Embedding;
import org.djlext.nn.Layer;
import org.djlext.nn.Linear;
import org.djlext.nn.TanhFunction;

/**
 * The makemore program's bag of words: each position takes the plain mean of the vectors up to its
 * own, then an MLP; both are added to what was there before.
 */
public final class BagOfWords extends LanguageModel {

    private final Embedding wte;
    private final Embedding wpe;
    private final ContextBlock block;
    private final Linear lmHead;

    BagOfWords(HiddenConfig config) {
        super(config);
        int channels = config.embedding();
        wte = addChildBlock("wte", new Embedding(config.vocabSize(), channels));
        wpe = addChildBlock("wpe", new Embedding(config.blockSize(), channels));
        block = addChildBlock("context_block", new ContextBlock(config));
        lmHead = addChildBlock("lm_head", Linear.pyTorch(channels, config.vocabSize(), true));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray vectors = pass.run(wte, x).add(pass.run(wpe, pass.positions(x))); // (B, T, C)
        return pass.run(lmHead, pass.run(block, vectors)); // (B, T, V)
    }

    private static final class ContextBlock extends Layer {
        private final CausalMeanFunction means = new CausalMeanFunction();
        private final Layer mlp;

        ContextBlock(HiddenConfig config) {
            mlp =
                    addChildBlock(
                            "mlp",
                            new TwoLayers(config.embedding(), config.hidden(), new TanhFunction()));
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            NDArray y = x.add(soFar(x, pass));
            return y.add(pass.run(mlp, y));
        }

        /** Returns the mean of each position and those before, of which a cache keeps the last. */
        private NDArray soFar(NDArray x, Pass pass) {
            NDArray own = means.apply(x); // of the input's positions alone
            NDList before = pass.before(this); // (B, 1, C)
            NDArray mean = before.isEmpty() ? own : joined(own, before.get(0), x, pass);
            pass.keep(this, () -> mean.get(":, -1:"));
            return mean;
        }

        /** Weighs a mean of n positions and those of i + 1 more: n and i + 1 parts of both. */
        private static NDArray joined(NDArray own, NDArray before, NDArray x, Pass pass) {
            NDArray places = pass.positions(x).toType(x.getDataType(), false).expandDims(1);
            NDArray share = places.get(0).div(places.add(1)); // (T, 1): n / (n + i + 1)
            return own.add(before.sub(own).mul(share));
        }
    }
}
