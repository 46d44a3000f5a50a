/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import org.djlext.nn.BatchNorm;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelConfigTest {

    private static final ModelConfig WAVENET = ModelType.WAVENET.defaults(27, 15);

    @Test
    void sizesThatFitEachOtherAreChangedTogether() {
        assertEquals(
                new WaveNet.Config(27, 4, 24, 128, 2, BatchNorm.Axes.BATCH_ONLY),
                WAVENET.with(
                        Map.of("blockSize", 4, "layers", 2, "axes", BatchNorm.Axes.BATCH_ONLY)));
        assertMessage(
                "wavenet with 3 layers fuses pairs 2 times before the last layer, which needs two"
                        + " or more, so its block size must be a multiple of 4 from 8 on, but is 4",
                WAVENET,
                Map.of("blockSize", 4));
    }

    @Test
    void whatIsNotGivenOrNotOfTheModelStays() {
        Map<String, @Nullable Object> sizes = new HashMap<>();
        sizes.put("hidden", null);
        sizes.put("heads", 7);
        assertEquals(WAVENET, WAVENET.with(sizes));
    }

    @Test
    void aNameThatNoModelHasIsRefused() {
        assertMessage(
                "a size of a model is one of axes, batchNorm, bfloat16, blockSize, checkpointing,"
                        + " dropout, embedding, fanIn, gain, heads, hidden, init, layers, structure,"
                        + " tanh, vocabSize, but got \"n_embd\"",
                WAVENET,
                Map.of("n_embd", 10));
    }

    @Test
    void aGainThatIsNotFiniteIsRefused() {
        ModelConfig deep = ModelType.DEEP.defaults(27, 15);
        String sentence = "a model's gain must be finite, but is NaN";
        assertMessage(sentence, deep, Map.of("gain", Double.NaN));
        DeepMlp.Config config = new DeepMlp.Config(27, 3, 10, 100, 5, true, Double.NaN, true, true);
        assertRefused(sentence, config::model);
    }

    private static void assertMessage(String sentence, ModelConfig config, Map<String, ?> sizes) {
        assertRefused(sentence, () -> config.with(sizes));
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void descriptionsAreReadBack(ModelType type) {
        ModelConfig config = type.defaults(5, 9);
        assertEquals(type, config.type());
        assertEquals(config, ModelConfig.of(config.description()));
    }
}
