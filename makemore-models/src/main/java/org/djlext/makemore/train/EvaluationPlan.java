/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import java.io.Serializable;

/**
 * When a run is evaluated and saved along the way; it is kept for a run that is resumed.
 *
 * @param every after how many steps losses are computed, 0 for only at the end
 * @param batches from how many random batches of each part they are estimated, or from the whole
 *     parts where a batch is all examples; 0 takes the whole dev set, and no training loss
 * @param patience after how many evaluations without a new best training stops, 0 for never
 * @param saveEvery after how many steps the run is saved
 */
public record EvaluationPlan(int every, int batches, int patience, int saveEvery)
        implements Serializable {

    /** Only at the end, on the whole dev set. */
    public static final EvaluationPlan AT_END = new EvaluationPlan(0, 0, 0, 1000);

    void check() {
        if (every < 0 || batches < 0 || patience < 0 || saveEvery < 1) {
            throw new IllegalArgumentException(
                    ("a run must be evaluated every 0 or more steps from 0 or more batches with a"
                                    + " patience of 0 or more, and saved every 1 or more steps, but"
                                    + " got %s, %s, %s and %s")
                            .formatted(every, batches, patience, saveEvery));
        }
    }
}
