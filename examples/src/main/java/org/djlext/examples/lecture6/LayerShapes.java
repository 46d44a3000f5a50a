/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture6;

import java.util.List;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.diagnostics.LayerStatistics;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.WaveNet;
import org.djlext.nn.BatchNorm;

/**
 * Makemore 5 follows a batch of four contexts of eight characters through the flat network and
 * through the tree, here with 200 hidden units as in its first attempt.
 */
public final class LayerShapes extends Lab {

    private static final int EXAMPLES = 4;
    private static final int LEVELS = 3;

    /** Creates the experiment. */
    public LayerShapes() {}

    @Override
    protected void run() {
        inspect("flat", 1);
        inspect("tree", LEVELS);
    }

    private void inspect(String name, int levels) {
        ContextModel model = draw(config(vocabSize(), levels), SEED_5);
        List<LayerStatistics> layers =
                LayerStatistics.of(manager, model, train(model).draw(manager, EXAMPLES).x());
        out.line("%s, %,d parameters", name, model.parameterCount());
        layers.forEach(layer -> out.line("  %s", layer.shapeLine()));
    }

    /** Returns the network of 200 hidden units: with one level flat, with three a tree. */
    static ModelConfig config(int vocabSize, int levels) {
        BatchNorm.Axes axes = BatchNorm.Axes.BATCH_AND_POSITIONS;
        return new WaveNet.Config(vocabSize, 8, 10, 200, levels, axes);
    }
}
