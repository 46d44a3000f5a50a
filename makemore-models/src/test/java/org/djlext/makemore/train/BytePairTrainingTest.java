/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.makemore.data.Source;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A GPT learns a text in byte pairs, and its run is kept like any other. */
class BytePairTrainingTest {

    private static final int TOKENS = 320;
    private static final int STEPS = 120;

    private final Path folder;

    BytePairTrainingTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private static TrainingConfig settings() {
        return TrainingConfig.builder(STEPS)
                .batchSize(16)
                .optimizer(OptimizerConfig.adamW(0.01))
                .learningRate(LearningRate.constant(3e-3))
                .seed(11)
                .gradients(Gradients.COMPILED)
                .build();
    }

    @Test
    void lossFallsBelowWhatFrequenciesAllowAndTheRunResumes() {
        TextCorpus corpus = TextCorpus.of(Texts.embedded(), Source.text(List.of(), TOKENS));
        assertEquals(TOKENS, corpus.vocabulary().size());
        GptConfig config = GptConfig.lecture(TOKENS, 12, 32, 4, 2, 0);
        Path file = folder.resolve("half.safetensors");
        try (NDManager manager = NDManager.newBaseManager();
                Training whole = Training.start(manager, config, settings(), corpus)) {
            while (whole.stepsDone() < STEPS / 2) {
                whole.step();
            }
            whole.write(file);
            whole.finish();
            float[] losses = whole.losses();
            // The entropy of the tokens alone is the least loss of a model without context.
            double entropy = entropy(corpus.vocabulary().encode(corpus.text()));
            double last =
                    IntStream.range(STEPS - 20, STEPS)
                            .mapToDouble(i -> losses[i])
                            .average()
                            .orElseThrow();
            assertEquals(Math.log(TOKENS), losses[0], 0.3);
            assertTrue(last < entropy - 0.2, last + ", and the entropy is " + entropy);

            SavedModel saved = SavedModel.load(file, manager);
            try (Training second =
                    Training.resume(manager, file, null, saved.corpus(), TrainingRanks.ALONE)) {
                second.finish();
                assertArrayEquals(losses, second.losses());
            }
            Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
            SamplerSettings forty = SamplerSettings.PLAIN.prefix("First Citizen").length(40);
            String text = sampler.oneByOne(new TorchGenerator(3), 1, forty).get(0);
            assertTrue(text.startsWith("First Citizen"), text);
            assertTrue(text.length() > "First Citizen".length() + 40, text); // some are pairs
        }
    }

    private static double entropy(int... tokens) {
        double[] counts = new double[TOKENS];
        for (int token : tokens) {
            counts[token]++;
        }
        return Arrays.stream(counts)
                .map(count -> count / tokens.length)
                .filter(p -> p > 0)
                .map(p -> -p * Math.log(p))
                .sum();
    }
}
