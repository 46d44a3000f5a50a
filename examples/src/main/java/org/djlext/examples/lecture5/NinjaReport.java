/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture5;

import java.util.List;
import org.djlext.examples.report.TrainingReport;

/**
 * What the four exercises found.
 *
 * @param splitSizes the numbers of examples to train on, to choose by, to test with
 * @param gradients exercises 1 to 3
 * @param training exercise 4
 */
public record NinjaReport(
        List<Integer> splitSizes, NinjaGradients gradients, NinjaTraining training) {

    /**
     * Tells a report what was found after the last step.
     *
     * @param report the report
     * @param steps the number of steps
     */
    public void tell(TrainingReport report, int steps) {
        report.comparison(
                "Exercise 1: backward through every step, one mini-batch", gradients.rows());
        report.comparison(
                "Exercises 2 and 3: cross entropy and batch norm in one go",
                List.of(gradients.logits(), gradients.hprebn()));
        report.comparison(
                "Exercise 4: the worst of the first steps of training", training.compared());
        report.evaluation(steps, "train", training.trainLoss());
        report.evaluation(steps, "dev", training.devLoss());
        report.evaluation(steps, "test", training.testLoss());
        report.samples(steps, training.names());
    }
}
