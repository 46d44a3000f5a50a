/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import com.google.gson.JsonObject;
import org.djlext.files.Json;
import org.djlext.makemore.layer.Gradients;

/**
 * How a model is computed, which its numbers do not depend on but for rounding.
 *
 * @param gradients who differentiates
 * @param bfloat16 whether products are computed in bfloat16, with weights and gradients in float32;
 *     with the engine's gradients alone
 * @param checkpointing whether blocks keep only their input for backward and compute the rest again
 */
public record GptCompute(Gradients gradients, boolean bfloat16, boolean checkpointing) {

    /** The engine's gradients, in the type of the weights, without checkpointing. */
    public static final GptCompute ENGINE = new GptCompute(Gradients.ENGINE, false, false);

    /** What the header of a checkpoint calls it. */
    static final String NAME = "compute";

    /** Returns how the model of a checkpoint was computed; the first ones did not say. */
    static GptCompute of(JsonObject header) {
        return header.has(NAME) ? Json.record(header, NAME, GptCompute.class) : ENGINE;
    }

    /** Fused steps with hand-written gradients where they are possible, else the engine's. */
    public static final GptCompute FUSED = new GptCompute(Gradients.FUSED, false, false);

    /** Hand-written gradients. */
    public static final GptCompute MANUAL = new GptCompute(Gradients.MANUAL, false, false);
}
