/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.Locale;
import java.util.Objects;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.train.Gradients;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which GPT is trained, and how it is computed. */
final class GptModelOptions {

    @Option(
            names = "--stage",
            paramLabel = "STAGE",
            description =
                    "a model of the lecture, g0 (bigram table) to g8 (scaled up), with its sizes;"
                            + " default is like g7 but larger")
    private @Nullable GptStage stage;

    @Option(
            names = "--block-size",
            paramLabel = "N",
            defaultValue = "64",
            description = "how many characters the model sees, default ${DEFAULT-VALUE}")
    private int blockSize = 64;

    @Option(
            names = "--embedding",
            paramLabel = "N",
            defaultValue = "64",
            description = "the features of a position, default ${DEFAULT-VALUE}")
    private int embedding = 64;

    @Option(
            names = "--heads",
            paramLabel = "N",
            defaultValue = "4",
            description = "attention heads, default ${DEFAULT-VALUE}")
    private int heads = 4;

    @Option(
            names = "--layers",
            paramLabel = "N",
            defaultValue = "3",
            description = "blocks, default ${DEFAULT-VALUE}")
    private int layers = 3;

    @Option(
            names = "--dropout",
            paramLabel = "X",
            defaultValue = "0",
            description = "the probability of dropout, default ${DEFAULT-VALUE}")
    private double dropout;

    @Option(
            names = "--gradients",
            paramLabel = "WAY",
            description =
                    "compiled (default): whole steps in one script; manual: the hand-written"
                            + " operations; engine: the engine's autograd, the default with"
                            + " --bfloat16, --checkpointing and --accumulation")
    private @Nullable Gradients gradients;

    @Option(
            names = "--bfloat16",
            description =
                    "compute products in bfloat16, with weights and gradients in float32; faster"
                            + " on devices that have it")
    private boolean bfloat16;

    @Option(
            names = "--checkpointing",
            description =
                    "keep only the inputs of blocks for backward and compute the rest again: less"
                            + " memory, more time")
    private boolean checkpointing;

    /**
     * Returns the model for a vocabulary.
     *
     * @throws IllegalArgumentException if the sizes do not fit each other
     */
    GptConfig config(int vocabSize) {
        if (bfloat16 && stage == GptStage.G0) {
            throw unused("--bfloat16", "g0, which computes no products");
        }
        if (checkpointing && (stage == GptStage.G0 || stage == GptStage.G1)) {
            throw unused("--checkpointing", stage + ", which has no blocks");
        }
        GptConfig config =
                stage != null
                        ? stage.config(vocabSize)
                        : GptConfig.lecture(
                                vocabSize, blockSize, embedding, heads, layers, dropout);
        return config.computed(bfloat16, checkpointing);
    }

    /**
     * Returns how gradients are computed.
     *
     * @param accumulated whether several batches make a step
     */
    Gradients gradients(boolean accumulated) {
        boolean recorded = bfloat16 || checkpointing || accumulated;
        Gradients chosen = recorded ? Gradients.ENGINE : Gradients.COMPILED;
        return Objects.requireNonNullElse(gradients, chosen);
    }

    private static IllegalArgumentException unused(String option, String where) {
        return new IllegalArgumentException(
                option + " changes nothing in " + where.toLowerCase(Locale.ROOT));
    }
}
