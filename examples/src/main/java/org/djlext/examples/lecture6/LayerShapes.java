/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture6;

import ai.djl.ndarray.NDManager;
import java.util.List;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.diagnostics.LayerStatistics;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.WaveNet;
import org.djlext.nn.BatchNorm;

/**
 * Makemore 5 follows a batch of four contexts of eight characters through the flat network and
 * through the tree, here with 200 hidden units as in its first attempt.
 */
public final class LayerShapes {

    private static final int EXAMPLES = 4;
    private static final int LEVELS = 3;

    private LayerShapes() {}

    /**
     * Runs the experiment.
     *
     * @param lab what to work with
     */
    public static void run(Lab lab) {
        inspect(lab, "flat", 1);
        inspect(lab, "tree", LEVELS);
    }

    private static void inspect(Lab lab, String name, int levels) {
        ContextModel model = draw(lab, levels);
        NDManager manager = lab.manager();
        List<LayerStatistics> layers =
                LayerStatistics.of(manager, model, lab.train(model).draw(manager, EXAMPLES).x());
        lab.out().line("%s, %,d parameters", name, model.parameterCount());
        layers.forEach(layer -> lab.out().line("  %s", layer.shapeLine()));
    }

    /** Draws the network of 200 hidden units: with one level flat, with three a tree. */
    static ContextModel draw(Lab lab, int levels) {
        BatchNorm.Axes axes = BatchNorm.Axes.BATCH_AND_POSITIONS;
        return lab.draw(new WaveNet.Config(lab.vocabSize(), 8, 10, 200, levels, axes), Lab.SEED_5);
    }
}
