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
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.gpt.GptCompute;
import org.djlext.makemore.gpt.GptTraining;
import org.djlext.makemore.gpt.GptTrainingSettings;
import org.djlext.makemore.gpt.Texts;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Corpus;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.RunSettings;
import org.djlext.makemore.train.TrainingRun;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The models on a GPU, or rehearsed on the CPU, against PyTorch's numbers and against the engine's
 * autograd on the CPU, from the same weights.
 */
class ModelsOnGpuTest {

    private static final int STEPS = 5;
    private static final double FLOAT = 1e-4;
    private static final double BFLOAT16 = 2e-2;

    /** The others have no fused steps: asked for them, they would repeat the engine's. */
    private static final Corpus CORPUS = Corpus.of(Names.embedded());

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
    @ValueSource(
            strings = {
                "makemore_bigram",
                "makemore_mlp",
                "makemore_rnn",
                "makemore_gru",
                "makemore_bow",
                "makemore_transformer",
                "lecture_gpt",
            })
    void modelsComputeWhatPyTorchComputes(String model) {
        ReferenceNode root = ReferenceFiles.model(model);
        for (Gradients gradients : Gradients.values()) {
            try (NDManager manager = NDManager.newBaseManager(device)) {
                ReferenceModels.compare(root, gradients, manager, new Tolerance(1e-9, 1e-12))
                        .assertApproximate();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void runsHaveTheLossesOfTheEngineOnTheCpu(ModelType type) {
        for (RunSettings.Optimizer optimizer : RunSettings.Optimizer.values()) {
            double[] want = losses(Device.cpu(), type, settings(optimizer, Gradients.ENGINE));
            for (Gradients gradients : Gradients.values()) {
                double[] got = losses(device, type, settings(optimizer, gradients));
                assertArrayEquals(want, got, FLOAT, optimizer + " " + gradients);
            }
        }
    }

    private static RunSettings settings(RunSettings.Optimizer optimizer, Gradients gradients) {
        boolean plain = optimizer == RunSettings.Optimizer.SGD;
        return new RunSettings(
                STEPS,
                32,
                optimizer,
                plain ? 0.1 : 0.01,
                STEPS,
                plain ? 0 : 0.01,
                plain ? 0 : 1,
                0,
                0,
                42,
                gradients);
    }

    private double[] losses(Device where, ModelType type, RunSettings settings) {
        ModelConfig config = type.defaults(CORPUS.vocabulary().size(), CORPUS.longest());
        try (NDManager cpu = NDManager.newBaseManager(Device.cpu());
                TrainingRun run = TrainingRun.start(cpu, config, settings, CORPUS)) {
            run.write(file);
        }
        try (NDManager manager = NDManager.newBaseManager(where);
                TrainingRun run = TrainingRun.resume(manager, file, null, CORPUS)) {
            assertEquals(where, run.manager().getDevice());
            return IntStream.range(0, STEPS).mapToDouble(i -> run.step()).toArray();
        }
    }

    @ParameterizedTest
    @EnumSource(Gradients.class)
    void gptHasTheLossesOfTheEngineOnTheCpu(Gradients gradients) {
        assertArrayEquals(
                gptLosses(Device.cpu(), GptCompute.ENGINE),
                gptLosses(device, new GptCompute(gradients, false, false)),
                FLOAT);
    }

    @Test
    void gptInBfloat16HasAboutTheLossesOfFloat32() {
        double[] want = gptLosses(Device.cpu(), GptCompute.ENGINE);
        double[] got = gptLosses(device, new GptCompute(Gradients.ENGINE, true, true));
        assertArrayEquals(want, got, BFLOAT16);
        assertTrue(Math.abs(want[0] - got[0]) > 1e-6, "nothing was rounded");
    }

    private double[] gptLosses(Device where, GptCompute compute) {
        try (NDManager cpu = NDManager.newBaseManager(Device.cpu());
                GptTraining training =
                        GptTraining.start(
                                cpu,
                                Texts.embedded(),
                                v -> GptConfig.lecture(v, 16, 32, 4, 2, 0),
                                compute,
                                GptTrainingSettings.lecture(STEPS, 1e-3, 1337))) {
            training.write(file);
        }
        try (NDManager manager = NDManager.newBaseManager(where);
                GptTraining training = GptTraining.resume(manager, file, null, Texts.embedded())) {
            return DoubleStream.generate(training::step).limit(STEPS).toArray();
        }
    }
}
