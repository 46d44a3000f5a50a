/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.gpt.GptCompute;
import org.djlext.makemore.gpt.GptConfig;
import org.djlext.makemore.gpt.GptTraining;
import org.djlext.makemore.gpt.GptTrainingSettings;
import org.djlext.makemore.gpt.Texts;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.testing.Golden;
import org.djlext.makemore.testing.Gpu;
import org.djlext.makemore.train.Corpus;
import org.djlext.makemore.train.RunSettings;
import org.djlext.makemore.train.TrainingRun;
import org.djlext.reference.ReferenceNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The models on a GPU against the CPU, from the same weights. */
class ModelsOnGpuTest {

    private static final int STEPS = 5;
    private static final double FLOAT = 1e-4;
    private static final double BFLOAT16 = 2e-2;

    private static Device device = Device.cpu();

    private final Path file;

    ModelsOnGpuTest(@TempDir Path dir) {
        file = dir.resolve("start.ckpt");
    }

    @BeforeAll
    static void findDevice() {
        device = Gpu.first(ModelsOnGpuTest.class);
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
        for (Gradients gradients : Gradients.values()) {
            try (NDManager manager = NDManager.newBaseManager(device)) {
                ReferenceModels.compare(
                                new ReferenceNode(
                                        model, Golden.read("/golden/model_" + model + ".json")),
                                gradients,
                                manager,
                                new Tolerance(1e-9, 1e-12))
                        .assertApproximate();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void runsHaveTheLossesOfTheCpu(ModelType type) {
        Corpus corpus = Corpus.of(Names.embedded());
        ModelConfig config = type.defaults(corpus.vocabulary().size(), corpus.longest());
        for (Gradients gradients : Gradients.values()) {
            RunSettings settings =
                    new RunSettings(
                            STEPS,
                            32,
                            RunSettings.Optimizer.SGD,
                            0.1,
                            STEPS,
                            0.01,
                            1,
                            0,
                            0,
                            42,
                            gradients);
            try (NDManager cpu = NDManager.newBaseManager(Device.cpu());
                    TrainingRun run = TrainingRun.start(cpu, config, settings, corpus)) {
                run.write(file);
            }
            assertArrayEquals(
                    losses(Device.cpu(), corpus), losses(device, corpus), FLOAT, "" + gradients);
        }
    }

    private double[] losses(Device where, Corpus corpus) {
        try (NDManager manager = NDManager.newBaseManager(where);
                TrainingRun run = TrainingRun.resume(manager, file, null, corpus)) {
            assertEquals(where, run.manager().getDevice());
            return IntStream.range(0, STEPS).mapToDouble(i -> run.step()).toArray();
        }
    }

    @ParameterizedTest
    @EnumSource(Gradients.class)
    void gptHasTheLossesOfTheCpu(Gradients gradients) {
        compareGpt(new GptCompute(gradients, false, false), FLOAT);
    }

    @Test
    void gptInBfloat16HasAboutTheLossesOfTheCpu() {
        compareGpt(new GptCompute(Gradients.ENGINE, true, true), BFLOAT16);
    }

    private void compareGpt(GptCompute compute, double tolerance) {
        GptTrainingSettings settings = GptTrainingSettings.lecture(STEPS, 1e-3, 1337);
        try (NDManager cpu = NDManager.newBaseManager(Device.cpu());
                GptTraining training =
                        GptTraining.start(
                                cpu,
                                Texts.embedded(),
                                v -> GptConfig.lecture(v, 16, 32, 4, 2, 0),
                                compute,
                                settings)) {
            training.write(file);
        }
        assertArrayEquals(gptLosses(Device.cpu()), gptLosses(device), tolerance);
    }

    private double[] gptLosses(Device where) {
        try (NDManager manager = NDManager.newBaseManager(where);
                GptTraining training = GptTraining.resume(manager, file, null, Texts.embedded())) {
            return DoubleStream.generate(training::step).limit(STEPS).toArray();
        }
    }
}
