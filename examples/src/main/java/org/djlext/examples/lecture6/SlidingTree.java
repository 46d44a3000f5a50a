/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture6;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.ContextModel;

/**
 * What makemore 5 says of convolutions at its end: the tree, slid over a name, is a stack of
 * dilated causal convolutions.
 *
 * <p>A name of n characters has n + 1 contexts of eight. Run one by one, or as a batch, each has a
 * tree of its own, of 4 + 2 + 1 nodes. But neighbours have nodes in common: a node of level 1 knows
 * two characters next to each other, one of level 2 two such nodes at a distance of 2, the root two
 * of these at a distance of 4. Going over the whole name level by level, each is computed once.
 */
public final class SlidingTree extends Lab {

    private static final int BLOCK = 8;
    private static final int LEVELS = 3;
    private static final int LAYERS_OF_A_LEVEL = 4;

    /** Creates the experiment. */
    public SlidingTree() {}

    @Override
    protected void run() {
        // As long as the lecture's "diondre", if there is one.
        List<String> names = corpus.split().train();
        String name =
                names.stream()
                        .filter(n -> n.codePointCount(0, n.length()) == BLOCK - 1)
                        .findFirst()
                        .orElse(names.get(0));
        ContextModel model = draw(LayerShapes.config(vocabSize(), LEVELS), SEED_5);
        try (NDManager manager = this.manager.newSubManager();
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            Examples contexts = Contexts.of(List.of(name), BLOCK, corpus.vocabulary());
            int count = contexts.size();
            NDArray x = contexts.slice(manager, 0, count).x(); // (n + 1, 8)
            ParameterStore store = new ParameterStore(manager, false);
            NDArray batch = model.call(store, x, false); // (n + 1, V)
            float batchDifference = 0;
            float slidDifference = 0;
            // The first context is all dots; the others add a character each.
            NDArray sequence = x.get(0).concat(x.get(new NDIndex("1:, -1")), 0); // (8 + n)
            NDArray slid = slide(model.layers().layers(), sequence, store); // (n + 1, V)
            for (int i = 0; i < count; i++) {
                // i:i+1 and not i, which would take the axis of the batch away.
                NDArray one = model.call(store, x.get(new NDIndex(i + ":" + (i + 1))), false);
                batchDifference = Math.max(batchDifference, distance(one, batch.get(i)));
                slidDifference = Math.max(slidDifference, distance(one, slid.get(i)));
            }
            int shared = 3 * count + (BLOCK - 2) + (BLOCK - 4);
            out.line("%s has %d contexts of %d characters", name, count, BLOCK);
            out.line(
                    "as a batch:    %d nodes, logits differ by %.1e from those of contexts alone",
                    count * (BLOCK - 1), batchDifference);
            out.line("as a slid tree: %d nodes, logits differ by %.1e", shared, slidDifference);
        }
    }

    /** Computes each level for all positions at once: two inputs, d apart, make an output. */
    private static NDArray slide(List<Block> layers, NDArray sequence, ParameterStore store) {
        NDArray h = run(layers.get(0), sequence, store); // (8 + n, C)
        for (int level = 0; level < LEVELS; level++) {
            long d = 1L << level;
            long length = h.getShape().get(0) - d;
            NDArray left = h.get(new NDIndex().addSliceDim(0, length));
            NDArray right = h.get(new NDIndex().addSliceDim(d, d + length));
            h = left.concat(right, 1); // (length, 2 C), what flattening makes of a pair
            int first = 1 + LAYERS_OF_A_LEVEL * level;
            for (Block layer : layers.subList(first + 1, first + LAYERS_OF_A_LEVEL)) {
                h = run(layer, h, store); // linear, batch norm, tanh
            }
        }
        return run(layers.get(layers.size() - 1), h, store);
    }

    private static NDArray run(Block layer, NDArray x, ParameterStore store) {
        return layer.forward(store, new NDList(x), false).singletonOrThrow();
    }

    private static float distance(NDArray a, NDArray b) {
        return a.sub(b).abs().max().getFloat();
    }
}
