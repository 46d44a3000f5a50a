/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture4;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Calibration;

/**
 * The statistics of batch norm for evaluation: kept along the way, or those of the whole training
 * set, computed at the end (makemore 3). They are alike but not the same; so are the losses.
 */
public final class BatchNormStatistics extends Lab {

    private static final int STEPS = 3000;

    /** Creates the experiment. */
    public BatchNormStatistics() {}

    @Override
    protected void run() {
        ContextModel model = draw(ModelType.MLP_BN.defaults(vocabSize(), corpus.longest()), SEED);
        Examples train = train(model);
        int steps = steps(STEPS);
        train(loop(model, train, BATCH_SIZE, rate(0.1)), steps);
        NDArray mean = copy(manager, parameter(model, "layers.3.running_mean"));
        NDArray deviation = copy(manager, parameter(model, "layers.3.running_std"));
        double running = devLoss(model);
        Calibration.calibrate(manager, model.layers(), train);
        double calibrated = devLoss(model);
        NDArray meanAfter = parameter(model, "layers.3.running_mean");
        NDArray deviationAfter = parameter(model, "layers.3.running_std");
        out.line("after %d steps, momentum 0.001", steps);
        out.line("unit   running mean  calibrated    running std  calibrated");
        for (int unit = 0; unit < 5; unit++) {
            out.line(
                    "%4d   %12.4f  %10.4f   %12.4f  %10.4f",
                    unit,
                    mean.getFloat(unit),
                    meanAfter.getFloat(unit),
                    deviation.getFloat(unit),
                    deviationAfter.getFloat(unit));
        }
        out.line(
                "largest difference of all units: mean %.4f, std %.4f",
                mean.sub(meanAfter).abs().max().getFloat(),
                deviation.sub(deviationAfter).abs().max().getFloat());
        out.line("dev loss: running %.4f, calibrated %.4f", running, calibrated);
    }

    private static NDArray copy(NDManager manager, NDArray array) {
        NDArray copy = array.duplicate();
        copy.attach(manager);
        return copy;
    }
}
