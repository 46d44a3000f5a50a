/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.djlext.makemore.model.ModelType.MLP_BN;
import static org.djlext.makemore.model.ModelType.WAVENET;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.model.Mlp;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.OptimizerConfig.Kind;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.nn.BatchNorm;

/**
 * A model of the lectures, and how it is trained there.
 *
 * @param name what the lecture calls it
 * @param config the model
 * @param training how it is trained; the steps are a part of the lecture's
 * @param lecture what losses the lecture prints
 */
record Rung(String name, ModelConfig config, TrainingConfig training, String lecture) {

    private static final long WAVENET_SEED = 42;
    private static final int STEPS = 200_000;
    private static final int TABLE_STEPS = 10_000;
    private static final int GPT_STEPS = 5_000;
    private static final int EVALUATION_BATCHES = 200;

    /** Makes the rungs whose steps are divided by a number. */
    record Maker(int part, int vocabSize) {

        /** Returns the models of lectures 3, 4 and 6. */
        List<Rung> ofNames() {
            ModelConfig wave = WAVENET.defaults(vocabSize, 0);
            ModelConfig small = wave.with(Map.of("embedding", 10, "hidden", 68));
            ModelConfig flat = wave.with(Map.of("embedding", 10, "hidden", 200, "layers", 1));
            ModelConfig overBatch = small.with(Map.of("axes", BatchNorm.Axes.BATCH_ONLY));
            return List.of(
                    narrow(100, 30_000, "2.3 / 2.3"),
                    narrow(300, 60_000, "2.23 / 2.24"),
                    mlp("MLP, 10-d vectors, 200 hidden", MlpInit.ORIGINAL, "2.1245 / 2.1682"),
                    mlp("output layer mended", MlpInit.SOFTMAX, "2.07 / 2.13"),
                    mlp("tanh mended", MlpInit.TANH, "2.0356 / 2.1027"),
                    mlp("Kaiming", MlpInit.KAIMING, "2.0377 / 2.1070"),
                    wide("batch norm", MLP_BN.defaults(vocabSize, 0), "2.0674 / 2.1057"),
                    wavenet("eight characters, flat", flat, "1.918 / 2.027"),
                    wavenet("WaveNet, batch norm over 32", overBatch, "1.941 / 2.029"),
                    wavenet("WaveNet, batch norm mended", small, "1.912 / 2.022"),
                    wavenet("WaveNet, scaled up", wave, "1.7690 / 1.9937"));
        }

        /** Lecture 3's first networks, of 2 numbers a character. */
        private Rung narrow(int hidden, int steps, String losses) {
            ModelConfig config = new Mlp.Config(vocabSize, 3, 2, hidden, MlpInit.ORIGINAL);
            TrainingConfig training = steps(steps, steps / 3 * 2).build();
            return new Rung("MLP, 2-d vectors, " + hidden + " hidden", config, training, losses);
        }

        private Rung mlp(String name, MlpInit init, String losses) {
            return wide(name, new Mlp.Config(vocabSize, 3, 10, 200, init), losses);
        }

        private Rung wide(String name, ModelConfig config, String losses) {
            return new Rung(name, config, steps(STEPS, STEPS / 2).build(), losses);
        }

        private Rung wavenet(String name, ModelConfig config, String losses) {
            TrainingConfig training = steps(STEPS, 150_000).seed(WAVENET_SEED).build();
            return new Rung(name, config, training, losses);
        }

        private TrainingConfig.Builder steps(int steps, int decayAt) {
            return TrainingConfig.builder(steps / part)
                    .learningRate(LearningRate.stepDecay(0.1, decayAt / part));
        }

        /** Returns stages of lecture 7. */
        List<Rung> ofText(Set<GptStage> stages) {
            return stages.stream().map(this::stage).toList();
        }

        private Rung stage(GptStage stage) {
            boolean large = stage == GptStage.G8;
            int steps = (stage == GptStage.G0 ? TABLE_STEPS : GPT_STEPS) / part;
            int batches = part > 1 ? EVALUATION_BATCHES / 10 : EVALUATION_BATCHES;
            TrainingConfig training =
                    TrainingConfig.builder(steps)
                            .batchSize(large ? 64 : 32)
                            .optimizer(new OptimizerConfig(Kind.ADAMW, 0.9, 0.999, 0.01, true))
                            .learningRate(LearningRate.constant(large ? 3e-4 : 1e-3))
                            .evaluation(new EvaluationPlan(0, batches, 0, steps + 1))
                            .seed(1337)
                            .build();
            return new Rung(
                    stage + " " + stage.title(),
                    stage.config(vocabSize),
                    training,
                    stage.lectureLoss());
        }
    }
}
