/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.util.function.IntFunction;
import org.djlext.makemore.layer.Gradients;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fused steps of GPT beside the engine's autograd. */
class FusedGptTest {

    private static final int STEPS = 12;

    private static double[] losses(
            IntFunction<GptConfig> sizes, boolean decayAll, double clip, Gradients gradients) {
        GptTrainingSettings settings =
                new GptTrainingSettings(
                        STEPS, 4, 1, 1e-2, 1e-3, 2, 0.9, 0.99, 0.1, decayAll, clip, 1337);
        double[] losses = new double[STEPS];
        try (NDManager manager = NDManager.newBaseManager();
                GptTraining training =
                        GptTraining.start(
                                manager,
                                Texts.embedded(),
                                sizes,
                                new GptCompute(gradients, false, false),
                                settings)) {
            assertEquals(gradients == Gradients.FUSED, training.isFused());
            for (int i = 0; i < STEPS; i++) {
                losses[i] = training.step();
            }
        }
        return losses;
    }

    @ParameterizedTest
    @EnumSource(value = GptStage.class, mode = EnumSource.Mode.EXCLUDE, names = "G8")
    void lossesOfEachStageAreTheEngines(GptStage stage) {
        assertArrayEquals(
                losses(stage::config, true, 0, Gradients.ENGINE),
                losses(stage::config, true, 0, Gradients.FUSED),
                2e-5);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1, 100})
    void biasesCanBeKeptFromDecayAndGradientsClipped(double clip) {
        IntFunction<GptConfig> sizes = vocab -> GptConfig.lecture(vocab, 8, 16, 2, 2, 0);
        assertArrayEquals(
                losses(sizes, false, clip, Gradients.ENGINE),
                losses(sizes, false, clip, Gradients.FUSED),
                2e-5);
    }

    @Test
    void dropoutAndCheckpointingAreLeftToTheEngine() {
        GptConfig dropout = GptConfig.lecture(65, 8, 16, 2, 2, 0.1);
        assertTrue(new Gpt(dropout, GptCompute.FUSED).fused().isEmpty());
        GptConfig plain = GptConfig.lecture(65, 8, 16, 2, 2, 0);
        GptCompute checkpointing = new GptCompute(Gradients.FUSED, false, true);
        assertTrue(new Gpt(plain, checkpointing).fused().isEmpty());
    }
}
