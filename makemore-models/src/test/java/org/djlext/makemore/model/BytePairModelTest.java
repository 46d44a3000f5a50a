/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;
import org.djlext.compile.CompiledStep;
import org.djlext.makemore.data.BytePairVocabulary;
import org.djlext.makemore.data.Names;
import org.djlext.optim.TorchAdamW;
import org.junit.jupiter.api.Test;

/** A transformer learns a text in byte pairs. */
class BytePairModelTest {

    private static final int STEPS = 200;
    private static final int BATCH = 16;
    private static final int BLOCK = 12;

    /** The entropy of the tokens alone is the least loss of a model that sees no context. */
    @Test
    void lossFallsBelowWhatFrequenciesAllow() {
        String text = String.join("\n", Names.embedded());
        BytePairVocabulary vocabulary = BytePairVocabulary.train(text, 320);
        int[] tokens = vocabulary.encode(text);
        ModelConfig config =
                ModelConfig.builder(ModelType.TRANSFORMER, vocabulary.size())
                        .blockSize(BLOCK)
                        .layers(2)
                        .embedding(32)
                        .heads(4)
                        .build();
        try (NDManager manager = NDManager.newBaseManager()) {
            Engine.getInstance().setRandomSeed(11);
            LanguageModel model = config.model();
            model.initialize(manager, DataType.FLOAT32);
            Random random = new Random(11);
            long[] x = new long[STEPS * BATCH * BLOCK];
            long[] y = new long[x.length];
            for (int row = 0; row < STEPS * BATCH; row++) {
                int at = random.nextInt(tokens.length - BLOCK);
                for (int i = 0; i < BLOCK; i++) {
                    x[row * BLOCK + i] = tokens[at + i];
                    y[row * BLOCK + i] = tokens[at + i + 1];
                }
            }
            Shape shape = new Shape(STEPS, BATCH, BLOCK);
            NDArray data = manager.create(x, shape);
            NDArray labels = manager.create(y, shape);
            try (CompiledStep step =
                    CompiledStep.builder(model, LanguageModel.newLoss())
                            .setOptimizer(TorchAdamW.builder().optLearningRate(3e-3).build())
                            .build()) {
                double[] losses = step.run(new NDList(data), new NDList(labels));
                double last =
                        Arrays.stream(losses, STEPS - 20, STEPS).average().orElseThrow();
                double entropy = entropy(vocabulary.size(), tokens);
                assertTrue(
                        Math.abs(losses[0] - Math.log(vocabulary.size())) < 0.3, losses[0] + "");
                assertTrue(last < entropy - 0.2, last + ", and the entropy is " + entropy);
            }
        }
    }

    private static double entropy(int size, int... tokens) {
        double[] counts = new double[size];
        for (int token : tokens) {
            counts[token]++;
        }
        double entropy = 0;
        for (double count : counts) {
            double p = count / tokens.length;
            entropy -= p == 0 ? 0 : p * Math.log(p);
        }
        return entropy;
    }
}
