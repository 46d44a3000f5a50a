/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import com.google.gson.JsonObject;
import org.djlext.files.Json;
import org.djlext.makemore.train.Gradients;

/**
 * How a run computes a GPT, which its numbers do not depend on but for rounding.
 *
 * @param gradients how gradients are computed
 * @param bfloat16 whether products are computed in bfloat16, with weights and gradients in float32
 * @param checkpointing whether blocks keep only their input for backward and compute the rest again
 */
public record GptCompute(Gradients gradients, boolean bfloat16, boolean checkpointing) {

    /** The engine's gradients, in the type of the weights, without checkpointing. */
    public static final GptCompute ENGINE = new GptCompute(Gradients.ENGINE, false, false);

    /** Compiled steps. */
    public static final GptCompute COMPILED = new GptCompute(Gradients.COMPILED, false, false);

    /** Hand-written gradients. */
    public static final GptCompute MANUAL = new GptCompute(Gradients.MANUAL, false, false);

    /** What the header of a checkpoint calls it. */
    static final String NAME = "compute";

    /**
     * Checks that there is such a way.
     *
     * @param gradients with bfloat16 the engine's, and with checkpointing not compiled ones
     * @param bfloat16 whether products are computed in bfloat16
     * @param checkpointing whether blocks are computed twice
     */
    public GptCompute {
        if (bfloat16 && gradients != Gradients.ENGINE) {
            throw new IllegalArgumentException(
                    "bfloat16 works with the engine's gradients alone, because its casts happen in"
                            + " scripts of their own, but got "
                            + gradients
                            + "; use ENGINE");
        }
        if (checkpointing && gradients == Gradients.COMPILED) {
            throw new IllegalArgumentException(
                    "checkpointing works with recorded steps alone, because a script keeps what it"
                            + " computes, but got COMPILED; use MANUAL or ENGINE");
        }
    }

    /** Returns how the model of a checkpoint was computed; the first ones did not say. */
    static GptCompute of(JsonObject header) {
        return header.has(NAME) ? Json.record(header, NAME, GptCompute.class) : ENGINE;
    }
}
