/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture6;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.WaveNet;
import org.djlext.nn.BatchNorm;

/**
 * The mistake of makemore 5. Batch norm of (32, 4, 68) over the first axis alone has a mean for
 * each of the four positions; broadcasting hides it. Over the first two it has one a channel, from
 * 128 numbers instead of 32. (The lecture keeps axes of length 1, so its means have the shapes (1,
 * 4, 68) and (1, 1, 68).)
 */
public final class BatchNormAxes extends Lab {

    private static final int STEPS = 1000;

    /** Creates the experiment. */
    public BatchNormAxes() {}

    @Override
    protected void run() {
        for (BatchNorm.Axes axes :
                List.of(BatchNorm.Axes.BATCH_ONLY, BatchNorm.Axes.BATCH_AND_POSITIONS)) {
            ModelConfig config = new WaveNet.Config(vocabSize(), 8, 10, 68, 3, axes);
            ContextModel model = draw(config, SEED_5);
            int steps = steps(STEPS);
            train(loop(model, train(model), BATCH_SIZE, rate(0.1)), steps);
            Shape mean = parameter(model, "layers.3.running_mean").getShape();
            double dev = devLoss(model);
            out.line(
                    "%-19s running mean %-7s from %3d numbers each; after %d steps dev %.4f",
                    axes, mean, mean.dimension() == 2 ? BATCH_SIZE : 4 * BATCH_SIZE, steps, dev);
        }
    }
}
