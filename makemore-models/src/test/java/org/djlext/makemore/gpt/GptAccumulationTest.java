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
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.djlext.makemore.gpt.TextData.Split;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.train.Gradients;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.RandomState;
import org.djlext.torch.ops.InPlace;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several small batches in an update are one large batch. */
class GptAccumulationTest {

    private static final String TEXT = Texts.embedded();

    @AutoClose private final NDManager manager = NDManager.newBaseManager();

    /** AdamW hides a factor, so that gradients are compared before it sees them. */
    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void accumulatedGradientsAreThoseOfOneLargeBatchAndOfTheEngine(Gradients gradients) {
        GptTrainingSettings three =
                new GptTrainingSettings(1, 4, 3, 1e-2, 1e-2, 0, 0.9, 0.99, 0, false, 0, 42);
        GptTrainingSettings one =
                new GptTrainingSettings(1, 12, 1, 1e-2, 1e-2, 0, 0.9, 0.99, 0, false, 0, 42);
        GptCompute compute = new GptCompute(gradients, false, false);
        try (GptTraining accumulated = start(compute, three);
                GptTraining large = start(compute, one)) {
            RandomState.seed(7);
            double loss = accumulated.accumulate();
            RandomState.seed(7);
            assertEquals(large.accumulate(), loss, 1e-6);

            Gpt model = new Gpt(large.saved().model().config());
            model.initialize(manager, DataType.FLOAT32);
            Map<String, NDArray> weights = ParameterNames.arrays(large.saved().model());
            ParameterNames.arrays(model)
                    .forEach((name, w) -> InPlace.copy(w, requireNonNull(weights.get(name))));
            try (TextData data =
                            new TextData(manager, large.saved().vocabulary().encode(TEXT), 12);
                    GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                RandomState.seed(7);
                TextData.Batch batch = data.batch(manager, Split.TRAIN, 12);
                NDArray logits =
                        model.call(new ParameterStore(manager, false), batch.x(), true)
                                .reshape(-1, model.config().vocabSize());
                NDArray expected =
                        logits.logSoftmax(1).gather(batch.y().reshape(-1, 1), 1).mean().neg();
                collector.backward(expected);
                assertEquals(expected.getFloat(), loss, 1e-6);
            }
            ParameterNames.arrays(model)
                    .forEach(
                            (name, w) -> {
                                float[] engine = w.getGradient().toFloatArray();
                                assertArrayEquals(engine, gradient(accumulated, name), 1e-6f);
                                assertArrayEquals(engine, gradient(large, name), 1e-6f);
                            });
            assertTrue(
                    requireNonNull(ParameterNames.arrays(model).get("lm_head.weight"))
                                    .getGradient()
                                    .abs()
                                    .max()
                                    .getFloat()
                            > 1e-3);
        }
    }

    private GptTraining start(GptCompute compute, GptTrainingSettings settings) {
        return GptTraining.start(
                manager, TEXT, v -> GptConfig.lecture(v, 12, 16, 2, 2, 0), compute, settings);
    }

    private static float[] gradient(GptTraining training, String name) {
        return requireNonNull(ParameterNames.arrays(training.saved().model()).get(name))
                .getGradient()
                .toFloatArray();
    }

    @Test
    void twoBatchesOfThreeAreOneOfSix() {
        GptTrainingSettings two =
                new GptTrainingSettings(5, 3, 2, 1e-2, 1e-2, 0, 0.9, 0.99, 0.1, false, 0, 42);
        GptTrainingSettings one =
                new GptTrainingSettings(5, 6, 1, 1e-2, 1e-2, 0, 0.9, 0.99, 0.1, false, 0, 42);
        double[][] losses = new double[2][];
        int next = 0;
        for (GptTrainingSettings settings : List.of(two, one)) {
            try (GptTraining training = start(GptCompute.ENGINE, settings)) {
                losses[next++] = DoubleStream.generate(training::step).limit(5).toArray();
            }
        }
        assertArrayEquals(losses[1], losses[0], 1e-5);
    }
}
