/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.Bigram;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Evaluation;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SamplerTest extends ArrayTest {

    private static final CharVocabulary ABC = new CharVocabulary(".abc");

    /** A model that, after each character, gives the next the probabilities of a row. */
    private Sampler table(float[][] probabilities) {
        ModelConfig config = new Bigram.Config(ABC.size(), 6);
        LanguageModel model = config.model();
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
        RandomState.seed(1);
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
        assertEquals(likeliest, sampler.sample(50, SamplerSettings.PLAIN.temperature(0.01)));
        assertEquals(likeliest, sampler.sample(50, SamplerSettings.PLAIN.topK(1)));
        assertTrue(sampler.sample(200, SamplerSettings.PLAIN.topK(2)).contains("bc"));
    }

    @Test
    void namesStartWithThePrefixAndEndInTime() {
        float[][] forever = {{0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}, {0, 1, 0, 0}};
        Sampler sampler = table(forever);
        assertEquals(List.of("cabca"), sampler.sample(1, SamplerSettings.PLAIN.prefix("ca")));
        assertFails(
                DataFileException.class,
                "the prefix may have at most 4 characters for this model, but has 5",
                () -> sampler.sample(1, SamplerSettings.PLAIN.prefix("abcab")));
        assertFails(
                DataFileException.class,
                "the prefix cannot be used: 'x' is not in the vocabulary \".abc\"",
                () -> sampler.sample(1, SamplerSettings.PLAIN.prefix("ax")));
        assertThrows(IllegalArgumentException.class, () -> SamplerSettings.PLAIN.temperature(1e-7));
        assertThrows(IllegalArgumentException.class, () -> SamplerSettings.PLAIN.topK(-1));
    }

    private LanguageModel random(ModelType type) {
        RandomState.seed(6);
        LanguageModel model = type.defaults(ABC.size(), 7).model();
        model.initialize(manager, DataType.FLOAT32);
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            for (Parameter parameter : ParameterNames.trained(model).values()) {
                NDArray values = parameter.getArray();
                values.addi(manager.randomNormal(0, 0.2f, values.getShape(), DataType.FLOAT32));
            }
        }
        return model;
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void everyModelCanBeSampledInBothWays(ModelType type) {
        RandomState.seed(3);
        LanguageModel model = type.defaults(ABC.size(), 7).model();
        model.initialize(manager, DataType.FLOAT32);
        Sampler sampler = new Sampler(manager, model, ABC);
        assertEquals(5, sampler.sample(5, SamplerSettings.PLAIN).size());
        assertEquals(2, sampler.oneByOne(new TorchGenerator(4), 2, SamplerSettings.PLAIN).size());
    }

    @ParameterizedTest
    @EnumSource(names = {"MLP_BN", "GRU", "TRANSFORMER"})
    void batchesAreDrawnFromTheSameDistributionAsOneByOne(ModelType type) {
        LanguageModel model = random(type);
        Sampler sampler = new Sampler(manager, model, ABC);
        List<String> alone = sampler.oneByOne(new TorchGenerator(4), 400, SamplerSettings.PLAIN);
        List<String> together = sampler.sample(4000, SamplerSettings.PLAIN);
        // How they start: at most 13 kinds, and with 12 degrees of freedom more than 39 has a
        // probability of 1e-4.
        Map<String, int[]> starts = new TreeMap<>();
        alone.forEach(name -> starts.computeIfAbsent(start(name), key -> new int[2])[0]++);
        together.forEach(name -> starts.computeIfAbsent(start(name), key -> new int[2])[1]++);
        double ratio = Math.sqrt((double) together.size() / alone.size());
        double chiSquare = 0;
        for (int[] counts : starts.values()) {
            double difference = ratio * counts[0] - counts[1] / ratio;
            chiSquare += difference * difference / (counts[0] + counts[1]);
        }
        assertTrue(starts.size() > 4, starts.keySet().toString());
        assertTrue(chiSquare < 39, "chi-square " + chiSquare);
        // How likely the model finds them.
        assertEquals(loss(model, alone), loss(model, together), 0.05);
    }

    /** The lectures' loop, written out: the whole name again for each character. */
    @ParameterizedTest
    @EnumSource(names = {"MLP_BN", "WAVENET", "GRU", "BOW", "TRANSFORMER"})
    void oneByOneIsTheLecturesLoop(ModelType type) {
        LanguageModel model = random(type);
        Sampler sampler = new Sampler(manager, model, ABC);

        TorchGenerator generator = new TorchGenerator(2147483647 + 10);
        List<String> names = new ArrayList<>();
        int block = model.config().blockSize();
        for (int i = 0; i < 20; i++) {
            StringBuilder name = new StringBuilder();
            while (true) {
                NDArray logits = logitsAfter(model, name.toString());
                int ix = generator.multinomial(manager, logits.softmax(1).toFloatArray());
                if (ix == 0) {
                    break;
                }
                name.append(ABC.decode(ix));
                if (name.length() == (model.everyPosition() ? block - 1 : 100)) {
                    break;
                }
            }
            names.add(name.toString());
        }
        for (boolean cache : new boolean[] {true, false}) {
            SamplerSettings settings = SamplerSettings.PLAIN.cache(cache);
            assertEquals(
                    names, sampler.oneByOne(new TorchGenerator(2147483647 + 10), 20, settings));
        }
    }

    private static String start(String name) {
        return name.substring(0, Math.min(2, name.length()));
    }

    private double loss(LanguageModel model, List<String> names) {
        Examples examples = model.examples(names, ABC);
        return Evaluation.loss(manager, model, examples);
    }

    @ParameterizedTest
    @EnumSource(names = {"BIGRAM", "WAVENET", "RNN", "BOW"})
    void topKIsOfTheWholeTextWithItsPrefix(ModelType type) {
        LanguageModel model = random(type);
        Sampler sampler = new Sampler(manager, model, ABC);

        for (String name :
                sampler.sample(60, SamplerSettings.PLAIN.temperature(1.5).topK(2).prefix("ba"))) {
            assertTrue(name.startsWith("ba"), name);
            for (int length = 2;
                    length <= Math.min(name.length(), model.config().blockSize() - 2);
                    length++) {
                int next = length < name.length() ? ABC.index(name.charAt(length)) : 0;
                float[] logits = logitsAfter(model, name.substring(0, length)).toFloatArray();
                int better = 0;
                for (float logit : logits) {
                    better += logit > logits[next] ? 1 : 0;
                }
                assertTrue(better < 2, name + " at " + length);
            }
        }
    }

    @Test
    void theSeedDecidesOnAllNames() {
        Sampler sampler = table(FREE);
        RandomState.seed(11);
        List<String> names = sampler.sample(9000, SamplerSettings.PLAIN); // in three parts
        assertEquals(9000, names.size());
        RandomState.seed(11);
        assertEquals(names, sampler.sample(9000, SamplerSettings.PLAIN));
        RandomState.seed(12);
        assertNotEquals(names, sampler.sample(9000, SamplerSettings.PLAIN));
    }

    @Test
    void aModelWithoutNumbersIsRefused() {
        Sampler sampler =
                table(
                        new float[][] {
                            {Float.NaN, 0, 1, 0}, {1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 0, 0}
                        });
        assertFails(
                MakemoreException.class,
                "a sampler draws from probabilities, but those of the model are NaN; its parameters"
                        + " are NaN or infinite, or too large",
                () -> sampler.sample(2, SamplerSettings.PLAIN));
        assertThrows(
                MakemoreException.class,
                () -> sampler.oneByOne(new TorchGenerator(1), 2, SamplerSettings.PLAIN));
    }

    @Test
    void novelty() {
        NameSplit split = new NameSplit(List.of("a", "b"), List.of("b", "c"), List.of("ab"));
        Novelty novelty = Novelty.of(List.of("a", "b", "c", "ab", "cc", "cc", "ca", "a"), split);
        assertEquals(new Novelty(3, 1, 1, 3), novelty);
        assertEquals(
                "in train 37.5 %, in dev 12.5 %, in test 12.5 %, new 37.5 %", novelty.toString());
    }

    /** The logits of what follows a text, which is read whole. */
    private NDArray logitsAfter(LanguageModel model, String text) {
        int[] read = ABC.encode(text);
        int seen = model.everyPosition() ? read.length + 1 : model.config().blockSize();
        long[] x = new long[seen];
        for (int back = 1; back <= Math.min(seen, read.length); back++) {
            x[seen - back] = read[read.length - back];
        }
        ParameterStore store = new ParameterStore(manager, false);
        return model.call(store, manager.create(x, new Shape(1, seen)), false)
                .reshape(-1, ABC.size())
                .get("-1:");
    }
}
