/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedRelu;
import org.djlext.makemore.layer.Activations;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Linear;
import org.djlext.makemore.layer.Sequential;

/**
 * What each position computes on its own from what it has gathered: a linear layer, relu, and, with
 * projection, a linear layer back.
 *
 * <p>Input and output: (B, T, C). Parameters: net.0.weight (inner, C), net.0.bias (inner),
 * net.2.weight (C, inner), net.2.bias (C).
 */
final class FeedForward extends Layer {

    private final GptOperations operations;
    private final double dropout;
    private final List<Linear> layers = new ArrayList<>();

    FeedForward(GptConfig config, GptOperations operations) {
        this.operations = operations;
        dropout = config.dropout();
        int channels = config.embedding();
        int inner = config.feedForward();
        List<Layer> net = new ArrayList<>();
        net.add(Linear.pyTorch(Gradients.ENGINE, channels, inner, true));
        net.add(Activations.relu(Gradients.ENGINE));
        if (config.projection()) {
            net.add(Linear.pyTorch(Gradients.ENGINE, inner, channels, true));
        }
        // Computed in one operation; the container gives the layers their names.
        addChildBlock("net", new Sequential(net));
        for (Layer layer : net) {
            if (layer instanceof Linear linear) {
                layers.add(linear);
            }
        }
    }

    @Override
    public List<FusedLayer> fused() {
        List<FusedLayer> parts = new ArrayList<>(layers.get(0).fused());
        parts.add(new FusedRelu());
        layers.stream().skip(1).forEach(layer -> parts.addAll(layer.fused()));
        return parts;
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDList weights = new NDList();
        for (Linear layer : layers) {
            weights.addAll(Weights.of(pass, layer));
        }
        return operations.feedForward(x, weights, pass.training() ? dropout : 0);
    }

    @Override
    protected Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public String toString() {
        return "FeedForward";
    }
}
