/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.gpt.GenerationSettings.Window;
import org.djlext.makemore.model.GptConfig;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextGeneratorTest {

    @AutoClose private final NDManager manager = NDManager.newBaseManager();

    private Gpt model(GptConfig config) {
        Engine.getInstance().setRandomSeed(42);
        Gpt model = new Gpt(config);
        model.initialize(manager, DataType.FLOAT64);
        return model;
    }

    private Gpt ugly() {
        return model(GptConfig.lecture(11, 7, 12, 3, 2, 0.5));
    }

    private long[] generate(Gpt model, GenerationSettings settings, int count, long... prompt) {
        RandomState.seed(5);
        try (TextGenerator generator = new TextGenerator(manager, model, prompt, settings)) {
            return LongStream.generate(generator::nextLong).limit(count).toArray();
        }
    }

    /** Far past the block size, in all stages, with both windows. */
    @ParameterizedTest
    @EnumSource(value = GptStage.class, names = "G8", mode = EnumSource.Mode.EXCLUDE)
    void theCacheChangesNoCharacter(GptStage stage) {
        Gpt model = model(stage.config(11));
        for (Window window : Window.values()) {
            GenerationSettings settings = new GenerationSettings(0.9, 0, 1, window, true);
            long[] cached = generate(model, settings, 60, 3, 1);
            assertArrayEquals(generate(model, settings.withCache(false), 60, 3, 1), cached);
            assertTrue(Arrays.stream(cached).distinct().count() > 3, Arrays.toString(cached));
        }
    }

    @Test
    void cachedLogitsAreTheModelsHoweverTheTextIsCut() {
        Gpt model = ugly();
        long[] text = {3, 1, 4, 1, 5, 9, 2};
        NDArray want =
                model.call(
                        new ParameterStore(manager, false),
                        manager.create(text, new Shape(1, 7)),
                        false);
        for (int first = 1; first < 7; first++) {
            for (int second = first + 1; second <= 7; second++) {
                try (CachedForward cached = new CachedForward(manager, model)) {
                    NDArray head = manager.create(Arrays.copyOf(text, first));
                    NDArray tail = manager.create(Arrays.copyOfRange(text, first, second));
                    NDArray a = cached.logits(head, 0);
                    NDArray b = cached.logits(tail, first);
                    assertTrue(a.allClose(want.get(":," + (first - 1)), 1e-12, 1e-12, false));
                    assertTrue(b.allClose(want.get(":," + (second - 1)), 1e-12, 1e-12, false));
                }
            }
        }
    }

    /** The lecture's loop, written out: crop, last position, softmax, multinomial. */
    @Test
    void theSlidingWindowIsTheLecturesCrop() {
        Gpt model = ugly();
        long[] drawn = generate(model, GenerationSettings.LECTURE, 25, 0);
        List<Long> text = new ArrayList<>(List.of(0L));
        TorchGenerator generator = new TorchGenerator(5);
        ParameterStore store = new ParameterStore(manager, false);
        for (int i = 0; i < 25; i++) {
            List<Long> seen = text.subList(Math.max(0, text.size() - 7), text.size());
            long[] x = seen.stream().mapToLong(Long::longValue).toArray();
            NDArray logits =
                    model.call(store, manager.create(x, new Shape(1, x.length)), false)
                            .get("0, -1");
            float[] p = logits.softmax(0).toType(DataType.FLOAT32, false).toFloatArray();
            text.add((long) generator.multinomial(manager, p));
        }
        assertEquals(text.subList(1, 26), Arrays.stream(drawn).boxed().toList());
    }

    @Test
    void temperatureZeroTakesTheLikeliestAndTopKOneToo() {
        Gpt model = ugly();
        GenerationSettings greedy = new GenerationSettings(0, 0, 1, Window.SLIDE, true);
        long[] likeliest = generate(model, greedy, 12, 2);
        NDArray first =
                model.call(
                        new ParameterStore(manager, false),
                        manager.create(new long[] {2}, new Shape(1, 1)),
                        false);
        assertEquals(first.get("0, 0").argMax().getLong(), likeliest[0]);
        assertArrayEquals(
                likeliest,
                generate(model, new GenerationSettings(1, 1, 1, Window.SLIDE, true), 12, 2));
        assertArrayEquals(
                likeliest,
                generate(model, new GenerationSettings(1, 0, 1e-9, Window.SLIDE, true), 12, 2));
        long[] other = generate(model, GenerationSettings.LECTURE, 12, 2);
        assertFalse(Arrays.equals(likeliest, other));
    }

    /** A table whose next character has known probabilities. */
    @Test
    void topKAndTopPLeaveOutWhatTheyMust() {
        Gpt table = model(GptStage.G0.config(4));
        NDArray weight = table.getParameters().valueAt(0).getArray();
        double[] p = {0.1, 0.5, 0.15, 0.25};
        double[] logits = Arrays.stream(p).map(Math::log).toArray();
        for (int row = 0; row < 4; row++) {
            weight.set(new ai.djl.ndarray.index.NDIndex(row), manager.create(logits));
        }
        assertFrequencies(table, 0, 1, p);
        assertFrequencies(table, 2, 1, new double[] {0, 2 / 3.0, 0, 1 / 3.0});
        assertFrequencies(table, 0, 0.7, new double[] {0, 2 / 3.0, 0, 1 / 3.0});
        assertFrequencies(table, 0, 0.76, new double[] {0, 5 / 9.0, 1.5 / 9, 2.5 / 9});
        assertFrequencies(table, 3, 0.5, new double[] {0, 1, 0, 0});
    }

    private void assertFrequencies(Gpt table, int topK, double topP, double[] want) {
        int count = 4000;
        long[] drawn =
                generate(
                        table, new GenerationSettings(1, topK, topP, Window.SLIDE, true), count, 0);
        List<Long> all = Arrays.stream(drawn).boxed().toList();
        for (int i = 0; i < want.length; i++) {
            double share = Collections.frequency(all, (long) i) / (double) count;
            assertEquals(want[i], share, want[i] == 0 ? 0 : 0.035, "character " + i);
        }
    }

    @Test
    void wrongSettingsAreRefusedInOneSentence() {
        refused(
                "the temperature must be 0 or at least 1e-6, but is NaN",
                () -> new GenerationSettings(Double.NaN, 0, 1, Window.SLIDE, true));
        refused(
                "top-k must be at least 0, but is -1",
                () -> new GenerationSettings(1, -1, 1, Window.SLIDE, true));
        refused(
                "top-p must be greater than 0 and at most 1, but is 0.0",
                () -> new GenerationSettings(1, 0, 0, Window.SLIDE, true));
        refused(
                "generation goes on from at least one character, but the prompt is empty; start"
                        + " from a line end",
                () -> generate(ugly(), GenerationSettings.LECTURE, 1));
    }

    private static void refused(String message, Runnable mistake) {
        assertEquals(
                message, assertThrows(IllegalArgumentException.class, mistake::run).getMessage());
    }
}
