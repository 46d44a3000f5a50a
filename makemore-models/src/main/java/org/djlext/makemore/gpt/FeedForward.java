/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.GptConfig.Structure;
import org.djlext.nn.Activations;
import org.djlext.nn.Dropout;
import org.djlext.nn.Layer;
import org.djlext.nn.Linear;
import org.djlext.nn.ReluFunction;
import org.djlext.nn.Sequential;
import org.jspecify.annotations.Nullable;

/**
 * What each position computes on its own from what it has gathered: a linear layer, relu, and, with
 * projection, a linear layer back.
 *
 * <p>Input and output: (B, T, C). Parameters: net.0.weight (inner, C), net.0.bias (inner),
 * net.2.weight (C, inner), net.2.bias (C).
 */
final class FeedForward extends Layer {

    private static final int WIDER = 4;

    private final Products products;
    private final Linear in;
    private final ReluFunction relu = new ReluFunction();
    private final @Nullable Linear out;
    private final Dropout drop;

    FeedForward(GptConfig config, Products products) {
        this.products = products;
        int channels = config.embedding();
        boolean projection = config.has(Structure.PROJECTION);
        int inner = (projection ? WIDER : 1) * channels;
        in = Linear.pyTorch(channels, inner, true);
        out = projection ? Linear.pyTorch(inner, channels, true) : null;
        // Never run in sequence; it gives the layers their names.
        List<Block> net = new ArrayList<>(List.of(in, Activations.relu()));
        if (out != null) {
            net.add(out);
        }
        addChildBlock("net", new Sequential(net));
        drop = addChildBlock("dropout", new Dropout(config.dropout()));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray y = relu.apply(products.linear(in, x, pass));
        return pass.run(drop, out == null ? y : products.linear(out, y, pass));
    }
}
