/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SamplerTest {

    private static final CharVocabulary ABC = new CharVocabulary(".abc");

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** A model that, after each character, gives the next the probabilities of a row. */
    private Sampler table(float[][] probabilities) {
        ModelConfig config = ModelConfig.builder(ModelType.BIGRAM, ABC.size()).blockSize(6).build();
        LanguageModel model = config.model(Gradients.ENGINE);
        model.initialize(manager, DataType.FLOAT32);
        Parameter logits = Objects.requireNonNull(ParameterNames.of(model).get("logits"));
        manager.create(probabilities).log().copyTo(logits.getArray());
        return new Sampler(manager, model, ABC);
    }

    private static final float[][] FREE = {
        {0, 0.5f, 0.3f, 0.2f}, {0.5f, 0, 0.25f, 0.25f}, {1, 0, 0, 0}, {0.9f, 0.1f, 0, 0}
    };

    @Test
    void namesHaveTheProbabilitiesOfTheModel() {
        new TorchGenerator(1);
        int count = 20_000;
        Map<String, Integer> counts = new HashMap<>();
        for (String name : table(FREE).sample(count, SamplerSettings.PLAIN)) {
            counts.merge(name, 1, Integer::sum);
        }
        // P(a.) = 1/4, P(b.) = 3/10, P(ab.) = 1/8, P(ca.) = 1/100; five standard deviations.
        assertEquals(count * 0.25, counts.getOrDefault("a", 0), 310);
        assertEquals(count * 0.3, counts.getOrDefault("b", 0), 330);
        assertEquals(count * 0.125, counts.getOrDefault("ab", 0), 235);
        assertEquals(count * 0.01, counts.getOrDefault("ca", 0), 71);
        assertEquals(0, counts.getOrDefault("ba", 0));
    }

    @Test
    void lowTemperatureAndTopOneDrawTheLikeliest() {
        float[][] steps = {
            {0, 0.6f, 0.4f, 0}, {0.1f, 0, 0.9f, 0}, {0.6f, 0, 0, 0.4f}, {1, 0, 0, 0}
        };
        Sampler sampler = table(steps);
        List<String> likeliest = Collections.nCopies(50, "ab");
        assertEquals(likeliest, sampler.sample(50, new SamplerSettings(0.01, 0, "")));
        assertEquals(likeliest, sampler.sample(50, new SamplerSettings(1, 1, "")));
        assertTrue(sampler.sample(200, new SamplerSettings(1, 2, "")).contains("bc"));
    }

    @Test
    void namesStartWithThePrefixAndEndInTime() {
        float[][] forever = {{0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}, {0, 1, 0, 0}};
        Sampler sampler = table(forever);
        assertEquals(List.of("cabca"), sampler.sample(1, new SamplerSettings(1, 0, "ca")));
        assertEquals(
                "the prefix may have at most 4 characters for this model, but has 5",
                assertThrows(
                                DataFileException.class,
                                () -> sampler.sample(1, new SamplerSettings(1, 0, "abcab")))
                        .getMessage());
        assertEquals(
                "the prefix cannot be used: 'x' is not in the vocabulary \".abc\"",
                assertThrows(
                                DataFileException.class,
                                () -> sampler.sample(1, new SamplerSettings(1, 0, "ax")))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new SamplerSettings(0, 0, ""));
        assertThrows(IllegalArgumentException.class, () -> new SamplerSettings(1, -1, ""));
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void everyModelCanBeSampledInBothWays(ModelType type) {
        new TorchGenerator(3);
        LanguageModel model = type.defaults(ABC.size(), 7).model(Gradients.MANUAL);
        model.initialize(manager, DataType.FLOAT32);
        Sampler sampler = new Sampler(manager, model, ABC);
        assertEquals(5, sampler.sample(5, SamplerSettings.PLAIN).size());
        assertEquals(2, sampler.oneByOne(new TorchGenerator(4), 2).size());
    }

    @Test
    void novelty() {
        NameSplit split = new NameSplit(List.of("a", "b"), List.of("b", "c"), List.of("ab"));
        Novelty novelty = Novelty.of(List.of("a", "b", "c", "ab", "cc", "cc", "ca", "a"), split);
        assertEquals(new Novelty(3, 1, 1, 3), novelty);
        assertEquals(
                "in train 37.5 %, in dev 12.5 %, in test 12.5 %, new 37.5 %", novelty.toString());
    }
}
