/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.djlext.testing.Failures.assertRefused;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryEstimateTest {

    private static final int VOCAB = 27;

    private static MemoryEstimate estimate(ModelConfig config, long batch) {
        return MemoryEstimate.ofTraining(config.model(), new Shape(batch, config.blockSize()));
    }

    /** The lecture's MLP has 11,897 parameters, and 200 + 27 outputs with a bias. */
    @Test
    void lecturesModelIsCountedByHand() {
        ModelConfig mlp = ModelType.MLP.defaults(VOCAB, 15);
        MemoryEstimate estimate = estimate(mlp, 32);
        assertEquals(2 * 4 * 11_897, estimate.parameters());
        assertEquals(4 * 32 * (2 * 27 + 200 + 27), estimate.activations());
    }

    @Test
    void everyDefaultModelFitsAndIsNotInitialized() {
        for (ModelType type : ModelType.values()) {
            ModelConfig config = type.defaults(VOCAB, 15);
            MemoryEstimate estimate = estimate(config, 32);
            assertTrue(estimate.parameters() > 0, type.toString());
            assertDoesNotThrow(() -> estimate.check(Device.cpu()), type.toString());
        }
    }

    /** A block has 192 + 64 + 256 + 64 biases: (4 * 576 + 2 * 27) * 6e10 * 4 bytes. */
    @Test
    void whatDoesNotFitIsRefusedInOneSentence() {
        ModelConfig transformer =
                ModelType.TRANSFORMER.defaults(VOCAB, 15).with(Map.of("blockSize", 60_000));
        MemoryEstimate estimate = estimate(transformer, 1_000_000);
        assertRefused(
                "training takes at least 539,703,400 MiB, 31 for parameters with their gradients"
                        + " and 539,703,369 for a mini-batch, but gpu0 has 1,024; take a smaller model,"
                        + " block size or batch size",
                () -> estimate.check(1 << 30, "gpu0"));
    }

    @Test
    void aParameterThatCannotBeSavedIsRefused() {
        ModelConfig wide =
                ModelType.TRANSFORMER.defaults(VOCAB, 15).with(Map.of("embedding", 400_000));
        assertRefusedSaying(
                "transformer.h.0.attn.c_attn.weight of the shape (1200000, 400000) has 1,831,055;"
                        + " take a smaller model, or start java with a larger -Xmx",
                () -> estimate(wide, 32));
    }

    @Test
    void anEngineWithoutMemoryIsKnownByItsMessage() {
        try (NDManager manager = NDManager.newBaseManager()) {
            Exception e =
                    assertThrows(EngineException.class, () -> manager.zeros(new Shape(1L << 50)));
            assertTrue(MemoryEstimate.isExhausted(e), e.getMessage());
            Exception other =
                    assertThrows(
                            EngineException.class,
                            () -> manager.zeros(new Shape(2)).add(manager.zeros(new Shape(3))));
            assertFalse(MemoryEstimate.isExhausted(other), other.getMessage());
        }
    }
}
