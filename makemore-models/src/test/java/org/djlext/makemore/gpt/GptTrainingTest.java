/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.DoubleStream;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingRanks;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GptTrainingTest extends ArrayTest {

    private static final TextCorpus CORPUS = TextCorpus.of(Texts.embedded());

    private final Path dir;

    GptTrainingTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** Everything that a resumed run could get wrong is on, but what fused steps do not have. */
    private static GptConfig config(Gradients gradients) {
        double dropout = gradients == Gradients.COMPILED ? 0 : 0.1;
        return GptConfig.lecture(CORPUS.vocabulary().size(), 12, 16, 2, 2, dropout);
    }

    private static TrainingConfig.Builder settings(int steps, Gradients gradients) {
        return TrainingConfig.builder(steps)
                .batchSize(3)
                .accumulation(gradients == Gradients.COMPILED ? 1 : 2)
                .optimizer(adamW(0.1, false))
                .learningRate(LearningRate.cosine(1e-2, 1e-3, 5))
                .clip(0.5)
                .evaluation(new EvaluationPlan(0, 2, 0, 10))
                .seed(42)
                .gradients(gradients);
    }

    private static OptimizerConfig adamW(double weightDecay, boolean decayAll) {
        return new OptimizerConfig(OptimizerConfig.Kind.ADAMW, 0.9, 0.99, weightDecay, decayAll);
    }

    private static TrainingConfig settings(int steps) {
        return settings(steps, Gradients.ENGINE).build();
    }

    private static TrainingConfig lecture(int steps, double rate) {
        return TrainingConfig.builder(steps)
                .optimizer(new OptimizerConfig(OptimizerConfig.Kind.ADAMW, 0.9, 0.999, 0.01, true))
                .learningRate(LearningRate.constant(rate))
                .evaluation(new EvaluationPlan(0, 5, 0, 1000))
                .seed(1337)
                .gradients(Gradients.ENGINE)
                .build();
    }

    private Training start(TrainingConfig settings) {
        return Training.start(manager, config(settings.gradients()), settings, CORPUS);
    }

    private static double[] run(Training training, int steps) {
        return DoubleStream.generate(training::step).limit(steps).toArray();
    }

    @ParameterizedTest
    @EnumSource(Gradients.class)
    void aResumedRunHasTheLossesOfOneThatWasNotStopped(Gradients gradients) {
        double[] straight;
        List<Training.Evaluated> evaluations;
        try (Training training = start(settings(20, gradients).build())) {
            run(training, 10);
            training.evaluate();
            straight = run(training, 10);
            training.evaluate();
            evaluations = training.evaluations();
        }
        Path file = dir.resolve("checkpoint.zip");
        try (Training training = start(settings(20, gradients).build())) {
            run(training, 10);
            training.evaluate();
            training.write(file);
            run(training, 3); // what the process did before it was killed
        }
        Engine.getInstance().setRandomSeed(1);
        try (Training training =
                Training.resume(manager, file, null, CORPUS, TrainingRanks.ALONE)) {
            assertEquals(10, training.stepsDone());
            assertArrayEquals(straight, run(training, 10));
            training.evaluate();
            assertEquals(evaluations, training.evaluations());
            assertEquals(settings(20, gradients).build(), training.config());
        }
        try (Training longer = Training.resume(manager, file, 30, null, TrainingRanks.ALONE)) {
            assertEquals(settings(30, gradients).build(), longer.config());
        }
        SavedModel saved = SavedModel.load(file, manager);
        assertEquals(config(gradients), saved.model().config());
        assertEquals(CORPUS.vocabulary(), saved.vocabulary());
        assertEquals(CORPUS.source(), saved.source());
    }

    @Test
    void lookingAtTheLossChangesNothing() {
        double[] blind;
        try (Training training = start(settings(6))) {
            blind = run(training, 6);
        }
        try (Training training = start(settings(6))) {
            run(training, 3);
            training.evaluate();
            assertArrayEquals(new double[] {blind[3], blind[4], blind[5]}, run(training, 3));
        }
    }

    @Test
    void onlyMatricesDecayUnlessAllAreToldTo() {
        for (boolean all : new boolean[] {false, true}) {
            // A rate so small that nothing but the decay, of 1 in all, is seen.
            TrainingConfig settings =
                    TrainingConfig.builder(1)
                            .batchSize(1)
                            .optimizer(adamW(1e6 / 2, all))
                            .learningRate(LearningRate.constant(1e-6))
                            .seed(42)
                            .gradients(Gradients.ENGINE)
                            .build();
            try (Training training = start(settings)) {
                LanguageModel model = training.saved().model();
                NDArray norm = array(model, "ln_f.weight");
                NDArray matrix = array(model, "lm_head.weight");
                double before = matrix.norm().getFloat();
                training.step();
                assertEquals(before / 2, matrix.norm().getFloat(), before * 1e-3);
                assertEquals(all ? 0.5 : 1, norm.mean().getFloat(), 1e-3);
            }
        }
    }

    private static NDArray array(LanguageModel model, String name) {
        NDArray array = ParameterNames.arrays(model).get(name);
        if (array == null) {
            throw new AssertionError(name);
        }
        return array;
    }

    @Test
    void theRateRisesAndThenFallsAlongACosine() {
        LearningRate rate = LearningRate.cosine(1e-3, 1e-4, 10);
        assertEquals(1e-4, rate.at(0, 110), 1e-9);
        assertEquals(5e-4, rate.at(4, 110), 1e-9);
        assertEquals(1e-3, rate.at(9, 110), 1e-9);
        assertEquals(5.5e-4, rate.at(59, 110), 1e-9);
        assertEquals(1e-4, rate.at(109, 110), 1e-9);
    }

    @Test
    void eachPartOfTheTextHasItsOwnLoss() {
        // What is learnt of the first part says nothing of the second.
        String text = "ab".repeat(900) + "cd".repeat(100);
        try (Training training =
                Training.start(
                        manager, GptStage.G7.config(4), lecture(40, 3e-3), TextCorpus.of(text))) {
            run(training, 40);
            Training.Evaluated losses = training.evaluate();
            assertTrue(losses.train() < 0.1, losses.toString());
            assertTrue(losses.dev() > Math.log(4), losses.toString());
        }
    }

    @Test
    void aFinalRateAboveTheFirstIsRefused() {
        assertRefused(
                "the final rate must be from 0 to the learning rate, but is 1.0",
                () ->
                        TrainingConfig.builder(1)
                                .learningRate(LearningRate.cosine(0.1, 1, 0))
                                .build());
    }
}
