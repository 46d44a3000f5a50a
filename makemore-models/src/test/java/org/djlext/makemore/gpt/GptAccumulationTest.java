/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.makemore.data.Corpus.Part;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.RandomState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several small batches in an update are one large batch. */
class GptAccumulationTest extends ArrayTest {

    private static final TextCorpus CORPUS = TextCorpus.of(Texts.embedded());
    private static final GptConfig CONFIG =
            GptConfig.lecture(CORPUS.vocabulary().size(), 12, 16, 2, 2, 0);

    private Gpt model() {
        RandomState.seed(42);
        Gpt model = new Gpt(CONFIG);
        model.initialize(manager, DataType.FLOAT32);
        return model;
    }

    private Examples examples() {
        return CORPUS.examples(Part.TRAIN, true, 12);
    }

    private static TrainingConfig settings(int batchSize, int accumulation, Gradients gradients) {
        return TrainingConfig.builder(5)
                .batchSize(batchSize)
                .accumulation(accumulation)
                .optimizer(OptimizerConfig.adamW(0.1))
                .learningRate(LearningRate.constant(1e-2))
                .gradients(gradients)
                .build();
    }

    /** AdamW hides a factor, so that gradients are compared before it sees them. */
    private Map<String, float[]> gradients(TrainingConfig settings, float loss) {
        Gpt model = model();
        Map<String, float[]> gradients = new LinkedHashMap<>();
        try (TrainingLoop loop = new TrainingLoop(manager, model, examples(), settings)) {
            loop.observe(
                    (step, rate) ->
                            ParameterNames.arrays(model)
                                    .forEach(
                                            (name, w) ->
                                                    gradients.put(
                                                            name, w.getGradient().toFloatArray())));
            RandomState.seed(7);
            assertEquals(loss, loop.step(), 1e-6);
        }
        return gradients;
    }

    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void accumulatedGradientsAreThoseOfOneLargeBatchAndOfTheEngine(Gradients gradients) {
        Gpt model = model();
        NDArray expected;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            RandomState.seed(7);
            Examples.Batch batch = examples().draw(manager, 12);
            NDArray logits =
                    model.call(new ParameterStore(manager, false), batch.x(), true)
                            .reshape(-1, CONFIG.vocabSize());
            expected = logits.logSoftmax(1).gather(batch.y().reshape(-1, 1), 1).mean().neg();
            collector.backward(expected);
        }
        float loss = expected.getFloat();
        Map<String, float[]> three = gradients(settings(4, 3, gradients), loss);
        Map<String, float[]> one = gradients(settings(12, 1, gradients), loss);
        ParameterNames.arrays(model)
                .forEach(
                        (name, w) -> {
                            float[] engine = w.getGradient().toFloatArray();
                            assertArrayEquals(engine, three.get(name), 1e-6f);
                            assertArrayEquals(engine, one.get(name), 1e-6f);
                        });
        NDArray last = requireNonNull(ParameterNames.arrays(model).get("lm_head.weight"));
        assertTrue(last.getGradient().abs().max().getFloat() > 1e-3);
    }
}
