/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingRanks;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The models on a GPU, or rehearsed on the CPU, against PyTorch's numbers and against the engine's
 * autograd on the CPU, from the same weights.
 */
class ModelsOnGpuTest {

    private static final int STEPS = 5;
    private static final double FLOAT = 1e-4;
    private static final double BFLOAT16 = 2e-2;

    private static final NamesCorpus CORPUS = NamesCorpus.of(Names.embedded());

    private static Device device = Device.cpu();

    private final Path file;

    ModelsOnGpuTest(@TempDir Path dir) {
        file = dir.resolve("start.ckpt");
    }

    @BeforeAll
    static void findDevice() {
        device = Gpu.firstOrCpu(ModelsOnGpuTest.class);
    }

    /** Logits, loss, gradients and losses of AdamW in float64, which PyTorch computed on a CPU. */
    @ParameterizedTest
    @CsvSource({
        "makemore_bigram, 4",
        "makemore_mlp, 8",
        "makemore_rnn, 9",
        "makemore_gru, 13",
        "makemore_bow, 11",
        "makemore_transformer, 32",
        "lecture_gpt, 47",
    })
    void modelsComputeWhatPyTorchComputes(String model, int rows) {
        ReferenceNode root = ReferenceFiles.model(model);
        for (Gradients gradients : Gradients.values()) {
            try (NDManager manager = NDManager.newBaseManager(device)) {
                GradientTable table =
                        ReferenceModels.compare(
                                root, gradients, manager, new Tolerance(1e-9, 1e-12));
                table.assertApproximate();
                assertEquals(rows, table.rows().size(), gradients + "\n" + table);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void runsHaveTheLossesOfTheEngineOnTheCpu(ModelType type) {
        ModelConfig model = type.defaults(CORPUS.vocabulary().size(), CORPUS.longest());
        for (OptimizerConfig.Kind optimizer : OptimizerConfig.Kind.values()) {
            double[] want = losses(Device.cpu(), model, settings(optimizer, Gradients.ENGINE));
            for (Gradients gradients : Gradients.values()) {
                double[] got = losses(device, model, settings(optimizer, gradients));
                assertArrayEquals(want, got, FLOAT, optimizer + " " + gradients);
            }
        }
    }

    private static TrainingConfig settings(OptimizerConfig.Kind optimizer, Gradients gradients) {
        boolean plain = optimizer == OptimizerConfig.Kind.SGD;
        return TrainingConfig.builder(STEPS)
                .optimizer(plain ? OptimizerConfig.sgd(0) : OptimizerConfig.adamW(0.01))
                .learningRate(LearningRate.constant(plain ? 0.1 : 0.01))
                .clip(plain ? 0 : 1)
                .seed(42)
                .gradients(gradients)
                .build();
    }

    /** Draws the weights on the CPU, and trains on a device. */
    private double[] losses(Device where, ModelConfig config, TrainingConfig settings) {
        try (NDManager cpu = NDManager.newBaseManager(Device.cpu());
                Training run = Training.start(cpu, config, settings, CORPUS)) {
            run.write(file);
        }
        try (NDManager manager = NDManager.newBaseManager(where);
                Training run = Training.resume(manager, file, null, CORPUS, TrainingRanks.ALONE)) {
            assertEquals(where, run.manager().getDevice());
            return DoubleStream.generate(run::step).limit(STEPS).toArray();
        }
    }

    @Test
    void gptInBfloat16HasAboutTheLossesOfFloat32() {
        ModelConfig gpt = ModelType.GPT.defaults(CORPUS.vocabulary().size(), CORPUS.longest());
        TrainingConfig settings = settings(OptimizerConfig.Kind.ADAMW, Gradients.ENGINE);
        double[] want = losses(Device.cpu(), gpt, settings);
        ModelConfig rounded = gpt.with(Map.of("bfloat16", true, "checkpointing", true));
        double[] got = losses(device, rounded, settings);
        assertArrayEquals(want, got, BFLOAT16);
        assertTrue(Math.abs(want[0] - got[0]) > 1e-6, "nothing was rounded");
    }
}
