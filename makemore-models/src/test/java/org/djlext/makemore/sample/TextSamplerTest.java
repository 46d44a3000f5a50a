/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.SamplerSettings.Window;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts of a GPT and of others, which have no end. */
class TextSamplerTest extends ArrayTest {

    private static final CharVocabulary LETTERS = CharVocabulary.ofText("\nabcdefghij");

    private static final int LONG = 250;

    private LanguageModel model(ModelConfig config) {
        RandomState.seed(42);
        LanguageModel model = config.model();
        model.initialize(manager, DataType.FLOAT64);
        return model;
    }

    private LanguageModel small(ModelType type) {
        return model(
                type.defaults(11, 6)
                        .with(Map.of("blockSize", 7, "embedding", 12, "heads", 3, "layers", 2)));
    }

    private String text(LanguageModel model, SamplerSettings settings) {
        Sampler sampler = new Sampler(manager, model, LETTERS);
        return sampler.oneByOne(new TorchGenerator(5), 1, settings).get(0);
    }

    private static SamplerSettings settings(int length) {
        return SamplerSettings.PLAIN.length(length).prefix("ca");
    }

    /** Far past the block size, in all stages, with both windows, for so long that it compiles. */
    @ParameterizedTest
    @EnumSource(value = GptStage.class, names = "G8", mode = EnumSource.Mode.EXCLUDE)
    void theCacheChangesNoCharacterOfAGpt(GptStage stage) {
        LanguageModel model = model(stage.config(11));
        for (Window window : Window.values()) {
            SamplerSettings settings = settings(LONG).temperature(0.9).window(window);
            String cached = text(model, settings);
            assertEquals(LONG + 2, cached.length());
            assertEquals(text(model, settings.cache(false)), cached);
            assertTrue(cached.chars().distinct().count() > 3, cached);
        }
    }

    /** One at a time, with a script and without: what is compiled is what the engine computes. */
    @ParameterizedTest
    @EnumSource(
            value = ModelType.class,
            names = {"MLP", "MAKEMORE_MLP", "BOW", "RNN", "GRU", "TRANSFORMER", "GPT"})
    void longTextsAreReadByAScript(ModelType type) {
        LanguageModel model = small(type);
        Sampler sampler = new Sampler(manager, model, LETTERS);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 4; i++) { // the last of which are worth it
            texts.add(sampler.oneByOne(new TorchGenerator(5), 1, settings(60)).get(0));
        }
        assertEquals(Set.of(texts.get(0)), Set.copyOf(texts));
        String script = Objects.requireNonNull(sampler.compiled(0)).script();
        assertTrue(script.contains("return ["), script);
    }

    /** The lecture's loop, written out: crop, last position, softmax, multinomial. */
    @Test
    void theSlidingWindowIsTheLecturesCrop() {
        LanguageModel model = small(ModelType.GPT);
        StringBuilder text = new StringBuilder("abcdefghi"); // longer than the block size
        TorchGenerator generator = new TorchGenerator(5);
        ParameterStore store = new ParameterStore(manager, false);
        for (int i = 0; i < 25; i++) {
            int[] seen = LETTERS.encode(text.substring(Math.max(0, text.length() - 7)));
            NDArray x =
                    manager.create(seen, new Shape(1, seen.length)).toType(DataType.INT64, false);
            NDArray logits = model.call(store, x, false).get("0, -1");
            float[] p = logits.softmax(0).toType(DataType.FLOAT32, false).toFloatArray();
            text.append(LETTERS.decode(generator.multinomial(manager, p)));
        }
        assertEquals(text.toString(), text(model, settings(25).prefix("abcdefghi")));
    }

    @Test
    void manyTextsGrowTogetherFromPrefixesOfTheirOwn() {
        LanguageModel model = small(ModelType.GPT);
        Sampler sampler = new Sampler(manager, model, LETTERS);
        List<int[]> prefixes =
                List.of("a", "abcabcabcabc", "", "jj").stream().map(sampler::encode).toList();
        SamplerSettings greedy = settings(20).temperature(0);
        List<int[]> together = sampler.complete(prefixes, greedy);
        for (int i = 0; i < prefixes.size(); i++) {
            String prefix = sampler.decode(prefixes.get(i));
            String alone = text(model, greedy.prefix(prefix));
            assertEquals(prefix.length() + 20, alone.length());
            assertEquals(alone, sampler.decode(together.get(i)));
        }
    }

    @Test
    void aStreamGivesTheCharactersOneByOne() {
        LanguageModel model = small(ModelType.GPT);
        Sampler sampler = new Sampler(manager, model, LETTERS);
        String want = text(model, settings(9));
        StringBuilder got = new StringBuilder("ca");
        new TorchGenerator(5)
                .stream()
                        .run(
                                () -> {
                                    try (TokenStream stream = sampler.stream(settings(9))) {
                                        while (stream.hasNext()) {
                                            got.append(sampler.decode(stream.nextInt()));
                                        }
                                        assertThrows(
                                                java.util.NoSuchElementException.class,
                                                stream::nextInt);
                                    }
                                });
        assertEquals(want, got.toString());
    }

    /** What is asked for takes no memory before it is there. */
    @Test
    void aStreamMayBeAsLongAsOneLikes() {
        Sampler sampler = new Sampler(manager, small(ModelType.RNN), LETTERS);
        try (TokenStream stream = sampler.stream(settings(Integer.MAX_VALUE))) {
            for (int i = 0; i < LONG; i++) {
                assertTrue(stream.nextInt() < LETTERS.size());
            }
        }
    }

    @Test
    void wrongSettingsAreRefusedInOneSentence() {
        refused(
                "the temperature must be 0 or at least 1e-6, but is NaN",
                b -> b.temperature(Double.NaN));
        refused("top-k must be at least 0, but is -1", b -> b.topK(-1));
        refused("top-p must be greater than 0 and at most 1, but is 0.0", b -> b.topP(0));
        refused("the length must be at least 0, but is -2", b -> b.length(-2));
        assertFails(
                DataFileException.class,
                "the prefix cannot be used: 'x' is not in the vocabulary \"\\nabcdefghij\"",
                () -> text(small(ModelType.GPT), settings(1).prefix("ax")));
    }

    private static void refused(
            String message, java.util.function.Consumer<SamplerSettings> mistake) {
        assertRefused(message, () -> mistake.accept(SamplerSettings.PLAIN));
    }
}
