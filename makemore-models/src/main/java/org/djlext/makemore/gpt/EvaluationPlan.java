/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import com.google.gson.JsonObject;
import org.djlext.files.Json;

/**
 * When losses are estimated along the way; it is kept for a run that is resumed.
 *
 * @param every after how many steps
 * @param batches from how many batches of each part of the text
 */
public record EvaluationPlan(int every, int batches) {

    /** Every 250 steps, from 20 batches. */
    public static final EvaluationPlan DEFAULT = new EvaluationPlan(250, 20);

    /** What the header of a checkpoint calls it. */
    static final String NAME = "evaluation_plan";

    /** Returns the plan of a checkpoint; the first ones had none. */
    static EvaluationPlan of(JsonObject header) {
        return header.has(NAME) ? Json.record(header, NAME, EvaluationPlan.class) : DEFAULT;
    }

    /**
     * Checks the plan.
     *
     * @param every at least 1
     * @param batches at least 1
     */
    public EvaluationPlan {
        if (every < 1 || batches < 1) {
            throw new IllegalArgumentException(
                    "losses must be estimated every 1 or more steps from 1 or more batches, but"
                            + " not every "
                            + every
                            + " from "
                            + batches);
        }
    }
}
