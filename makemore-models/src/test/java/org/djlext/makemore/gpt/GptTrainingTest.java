/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.train.Checkpoint;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.TrainingException;
import org.djlext.nn.ParameterNames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GptTrainingTest {

    private static final String TEXT = Texts.embedded();

    private final NDManager manager = NDManager.newBaseManager();
    private final Path dir;

    GptTrainingTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** Everything that a resumed run could get wrong is on, but what fused steps do not have. */
    private static GptConfig config(int vocabulary, Gradients gradients) {
        double dropout = gradients == Gradients.COMPILED ? 0 : 0.1;
        return GptConfig.lecture(vocabulary, 12, 16, 2, 2, dropout);
    }

    private static GptTrainingSettings settings(int steps, Gradients gradients) {
        int accumulation = gradients == Gradients.COMPILED ? 1 : 2;
        return new GptTrainingSettings(
                steps, 3, accumulation, 1e-2, 1e-3, 5, 0.9, 0.99, 0.1, false, 0.5, 42);
    }

    private static GptTrainingSettings settings(int steps) {
        return settings(steps, Gradients.ENGINE);
    }

    private GptTraining start(GptCompute compute, GptTrainingSettings settings) {
        GptTraining training =
                GptTraining.start(
                        manager, TEXT, v -> config(v, compute.gradients()), compute, settings);
        return training;
    }

    private static double[] run(GptTraining training, int steps) {
        return DoubleStream.generate(training::step).limit(steps).toArray();
    }

    @ParameterizedTest
    @EnumSource(Gradients.class)
    void aResumedRunHasTheLossesOfOneThatWasNotStopped(Gradients gradients) {
        GptCompute compute = new GptCompute(gradients, false, false);
        double[] straight;
        List<GptTraining.Evaluated> evaluations;
        try (GptTraining training = start(compute, settings(20, gradients))) {
            run(training, 10);
            training.evaluate(2);
            straight = run(training, 10);
            training.evaluate(2);
            evaluations = training.evaluations();
        }
        Path file = dir.resolve("checkpoint.zip");
        try (GptTraining training = start(compute, settings(20, gradients))) {
            run(training, 10);
            training.evaluate(2);
            training.write(file);
            run(training, 3); // what the process did before it was killed
        }
        Engine.getInstance().setRandomSeed(1);
        try (GptTraining training = GptTraining.resume(manager, file, null, TEXT)) {
            assertEquals(compute, training.compute());
            assertEquals(10, training.stepsDone());
            assertArrayEquals(straight, run(training, 10));
            training.evaluate(2);
            assertEquals(evaluations, training.evaluations());
            assertEquals(settings(20, gradients), training.settings());
        }
        try (GptTraining longer = GptTraining.resume(manager, file, 30, TEXT)) {
            assertEquals(settings(30, gradients), longer.settings());
        }
        SavedGpt saved = SavedGpt.load(file, manager);
        assertEquals(config(saved.vocabulary().size(), gradients), saved.model().config());
        assertEquals(CharVocabulary.ofText(TEXT), saved.vocabulary());
        assertEquals(SavedGpt.hash(TEXT), saved.text());
    }

    @Test
    void aCheckpointThatDoesNotSayHowItWasComputedIsGoneOnWithByTheEngine() {
        Path file = dir.resolve("old.ckpt");
        try (GptTraining training = start(GptCompute.MANUAL, settings(5))) {
            training.write(file);
        }
        Checkpoint old = Checkpoint.read(file, SavedGpt.FORMAT, SavedGpt.VERSION, manager);
        assertNotNull(old.header().remove("compute"));
        old.write(file, SavedGpt.FORMAT, SavedGpt.VERSION);
        try (GptTraining training = GptTraining.resume(manager, file, null, TEXT)) {
            assertEquals(GptCompute.ENGINE, training.compute());
        }
    }

    @Test
    void lookingAtTheLossChangesNothing() {
        double[] blind;
        try (GptTraining training = start(GptCompute.ENGINE, settings(6))) {
            blind = run(training, 6);
        }
        try (GptTraining training = start(GptCompute.ENGINE, settings(6))) {
            run(training, 3);
            training.evaluate(3);
            training.evaluate(1);
            assertArrayEquals(new double[] {blind[3], blind[4], blind[5]}, run(training, 3));
        }
    }

    @Test
    void onlyMatricesDecayUnlessAllAreToldTo() {
        for (boolean all : new boolean[] {false, true}) {
            // A rate so small that nothing but the decay, of 1 in all, is seen.
            GptTrainingSettings settings =
                    new GptTrainingSettings(1, 1, 1, 1e-6, 1e-6, 0, 0.9, 0.99, 1e6 / 2, all, 0, 42);
            try (GptTraining training = start(GptCompute.ENGINE, settings)) {
                Gpt model = training.saved().model();
                NDArray norm = array(model, "ln_f.weight");
                NDArray matrix = array(model, "lm_head.weight");
                double before = matrix.norm().getFloat();
                training.step();
                assertEquals(before / 2, matrix.norm().getFloat(), before * 1e-3);
                assertEquals(all ? 0.5 : 1, norm.mean().getFloat(), 1e-3);
            }
        }
    }

    private static NDArray array(Gpt model, String name) {
        NDArray array = ParameterNames.arrays(model).get(name);
        if (array == null) {
            throw new AssertionError(name);
        }
        return array;
    }

    @Test
    void theRateRisesAndThenFallsAlongACosine() {
        LearningRate rate =
                new GptTrainingSettings(110, 1, 1, 1e-3, 1e-4, 10, 0.9, 0.99, 0, false, 0, 1)
                        .learningRate();
        assertEquals(1e-4, rate.at(0), 1e-9);
        assertEquals(5e-4, rate.at(4), 1e-9);
        assertEquals(1e-3, rate.at(9), 1e-9);
        assertEquals(5.5e-4, rate.at(59), 1e-9);
        assertEquals(1e-4, rate.at(109), 1e-9);
        assertEquals(3e-4, GptTrainingSettings.lecture(10, 3e-4, 1).learningRate().at(7));
    }

    /** What a step leaves behind would be seen here before it is seen in gigabytes. */
    @ParameterizedTest
    @EnumSource(Gradients.class)
    void stepsLeaveNoArraysBehind(Gradients gradients) {
        try (GptTraining training =
                start(new GptCompute(gradients, false, false), settings(60, gradients))) {
            run(training, 5);
            training.evaluate(1);
            Engine engine = Engine.getInstance();
            NDManager system = engine.newBaseManager().getParentManager();
            int before = system.getManagedArrays().size();
            run(training, 40);
            training.evaluate(1);
            assertEquals(before, system.getManagedArrays().size());
        }
    }

    @Test
    void theLossFallsBelowThatOfCountedPairs() {
        try (GptTraining training =
                GptTraining.start(
                        manager,
                        TEXT,
                        v -> GptStage.G7.config(v),
                        GptCompute.ENGINE,
                        GptTrainingSettings.lecture(300, 3e-3, 1337))) {
            double chance = Math.log(training.saved().vocabulary().size());
            // Outputs of layer norm times weights, and biases, from U(-1/sqrt(C), 1/sqrt(C)): the
            // logits have the variance (C + 1) / 3C, of which softmax adds a half to the loss.
            double spread = (32 + 1) / (3.0 * 32) / 2;
            assertEquals(chance + spread, training.evaluate(5).val(), 0.1);
            run(training, 300);
            GptTraining.Evaluated last = training.evaluate(20);
            double pairs = lossOfPairs(training.saved().vocabulary());
            assertEquals(2.2506, pairs, 1e-4);
            assertTrue(last.val() < pairs, last.toString());
        }
    }

    /** The loss on the last tenth of the text by the pairs, each once more, of the rest. */
    private static double lossOfPairs(CharVocabulary tokenizer) {
        int[] text = tokenizer.encode(TEXT);
        int from = (int) (0.9 * text.length);
        double[][] counts = new double[tokenizer.size()][tokenizer.size()];
        for (double[] row : counts) {
            Arrays.fill(row, 1);
        }
        for (int i = 1; i < from; i++) {
            counts[(int) text[i - 1]][(int) text[i]]++;
        }
        double loss = 0;
        for (int i = from + 1; i < text.length; i++) {
            double[] row = counts[(int) text[i - 1]];
            loss -= Math.log(row[(int) text[i]] / Arrays.stream(row).sum());
        }
        return loss / (text.length - from - 1);
    }

    @Test
    void eachPartOfTheTextHasItsOwnLoss() {
        // What is learnt of the first part says nothing of the second.
        String text = "ab".repeat(900) + "cd".repeat(100);
        try (GptTraining training =
                GptTraining.start(
                        manager,
                        text,
                        v -> GptStage.G7.config(v),
                        GptCompute.ENGINE,
                        GptTrainingSettings.lecture(40, 3e-3, 1337))) {
            run(training, 40);
            GptTraining.Evaluated losses = training.evaluate(3);
            assertTrue(losses.train() < 0.1, losses.toString());
            assertTrue(losses.val() > Math.log(4), losses.toString());
        }
    }

    @Test
    void mistakesAreToldInOneSentence() {
        Path file = dir.resolve("checkpoint.zip");
        try (GptTraining training = start(GptCompute.ENGINE, settings(5))) {
            training.write(file);
            array(training.saved().model(), "lm_head.bias").muli(Float.NaN);
            assertEquals(
                    "training stopped at step 0, because the loss is NaN; try a lower learning"
                            + " rate, or --clip 1",
                    assertThrows(TrainingException.class, training::step).getMessage());
        }
        assertEquals(
                "the checkpoint "
                        + file
                        + " was trained on another text than this; give the same with --data, or"
                        + " leave out --resume",
                assertThrows(
                                CheckpointException.class,
                                () -> GptTraining.resume(manager, file, null, TEXT + "."))
                        .getMessage());
        assertEquals(
                "the final rate must be from 0 to the learning rate, but is 1.0",
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        new GptTrainingSettings(
                                                1, 1, 1, 0.1, 1, 0, 0, 0, 0, false, 0, 1))
                        .getMessage());
    }
}
