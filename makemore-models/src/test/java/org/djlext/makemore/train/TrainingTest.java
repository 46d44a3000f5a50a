/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.djlext.files.SafetensorsFile;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingTest extends ArrayTest {

    private static final NamesCorpus CORPUS = NamesCorpus.of(Names.embedded());

    private final Path dir;

    TrainingTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void aResumedRunGoesOnBitForBit(ModelType type) {
        for (OptimizerConfig.Kind optimizer : OptimizerConfig.Kind.values()) {
            for (Gradients gradients : Gradients.values()) {
                resumesBitForBit(type, optimizer, gradients);
            }
        }
    }

    private void resumesBitForBit(
            ModelType type, OptimizerConfig.Kind optimizer, Gradients gradients) {
        TrainingConfig settings = settings(12, optimizer, 0.01, gradients);
        float[] straight = train(Training.start(manager, small(type), settings, CORPUS), 12);
        Path file = dir.resolve(type + "" + optimizer + gradients);
        try (Training first =
                Training.start(
                        manager, small(type), settings.toBuilder().maxSteps(7).build(), CORPUS)) {
            steps(first, 7);
            first.write(file);
            // What a checkpoint may not depend on.
            steps(Training.start(manager, small(type), settings, CORPUS), 1);
        }
        Training second = Training.resume(manager, file, 12, CORPUS, TrainingRanks.ALONE);
        assertEquals(7, second.stepsDone());
        assertArrayEquals(straight, train(second, 5), type + " " + optimizer + " " + gradients);
    }

    @Test
    void aRunCanBeWrittenBeforeItsFirstStep() {
        Path file = dir.resolve("start");
        TrainingConfig settings = settings(5, OptimizerConfig.Kind.SGD, 0.1);
        try (Training run = Training.start(manager, small(ModelType.MLP), settings, CORPUS)) {
            run.write(file);
            steps(run, 5);
            assertArrayEquals(
                    run.losses(),
                    train(Training.resume(manager, file, null, CORPUS, TrainingRanks.ALONE), 5));
        }
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void nothingIsLeftBehindInTheModelsManagerAndTheEngines(ModelType type) {
        NDManager engine = Engine.getInstance().newBaseManager().getParentManager();
        for (Gradients gradients : Gradients.values()) {
            TrainingConfig settings =
                    TrainingConfig.builder(40)
                            .batchSize(8)
                            .learningRate(LearningRate.constant(0.01))
                            .clip(1)
                            .seed(1)
                            .gradients(gradients)
                            .build();
            try (Training run = Training.start(manager, small(type), settings, CORPUS)) {
                steps(run, 2);
                run.evaluate();
                int before = run.manager().getManagedArrays().size();
                int inEngine = engine.getManagedArrays().size();
                steps(run, 20);
                run.evaluate();
                assertEquals(before, run.manager().getManagedArrays().size(), type + "");
                int after = engine.getManagedArrays().size();
                assertTrue(after <= inEngine, type + ": " + inEngine + " arrays are " + after);
            }
        }
    }

    @Test
    void theFirstBadTensorIsNamed() {
        TrainingConfig settings = settings(5, OptimizerConfig.Kind.SGD, 0.1);
        try (Training run = Training.start(manager, small(ModelType.MLP), settings, CORPUS)) {
            Map<String, Parameter> parameters = ParameterNames.of(run.saved().model());
            Parameter bad = Objects.requireNonNull(parameters.get("layers.4.bias"));
            bad.getArray().set(new float[(int) bad.getArray().size()]);
            bad.getArray().divi(0f);
            assertFails(
                    TrainingException.class,
                    "training of mlp stopped at step 0, because the loss is NaN; the first bad"
                            + " tensor is layers.4.bias; try a lower learning rate",
                    run::step);
        }
    }

    @Test
    void trainingStopsWhenTheDevLossHasNoNewBest() {
        // A learning rate of 0: the dev loss never changes.
        TrainingConfig settings =
                TrainingConfig.builder(100)
                        .batchSize(8)
                        .learningRate(LearningRate.constant(0))
                        .evaluation(new EvaluationPlan(5, 0, 3, 1000))
                        .gradients(Gradients.ENGINE)
                        .build();
        try (Training run = Training.start(manager, small(ModelType.MLP), settings, CORPUS)) {
            run.finish();
            assertEquals(20, run.stepsDone());
            assertEquals(
                    List.of(0, 5, 10, 15, 20),
                    run.evaluations().stream().map(Training.Evaluated::step).toList());
            assertTrue(run.isDone());
            assertFalse(run.isNewBest());
        }
    }

    @Test
    void anEstimateIsOfTheWholePartsWhereABatchIsAllExamples() {
        TrainingConfig settings =
                TrainingConfig.builder(1)
                        .batchSize(0)
                        .evaluation(new EvaluationPlan(1, 5, 0, 1))
                        .build();
        try (Training run = Training.start(manager, small(ModelType.MLP), settings, CORPUS)) {
            LanguageModel model = run.saved().model();
            double train = Evaluation.loss(manager, model, run.train());
            double dev = Evaluation.loss(manager, model, model.examples(CORPUS, Corpus.Part.DEV));
            assertEquals(new Training.Evaluated(0, train, dev), run.evaluate());
            Examples none = model.examples(List.of(), CORPUS.vocabulary());
            assertFails(
                    IllegalArgumentException.class,
                    "a loss is a mean over one example or more, but the data set is empty",
                    () -> Evaluation.loss(manager, model, none));
        }
    }

    @Test
    void aModelOfAnotherVocabularyIsRefused() {
        assertFails(
                IllegalArgumentException.class,
                "the model knows 5 tokens, but its vocabulary has 27",
                () ->
                        Training.start(
                                manager,
                                ModelType.MLP.defaults(5, 3),
                                settings(1, OptimizerConfig.Kind.SGD, 0.1),
                                CORPUS));
    }

    @Test
    void ratesThatGrowByFactorsStartAboveZero() {
        TrainingConfig.Builder settings = TrainingConfig.builder(1);
        assertFails(
                IllegalArgumentException.class,
                "rates that grow by equal factors must be greater than 0, but go from 0.0 to 1.0",
                () -> settings.learningRate(LearningRate.sweep(0, 1)).build());
        assertEquals(0.5, LearningRate.sweep(0.5, 1).at(0, 1), 1e-15); // a single step
    }

    @Test
    void checkpointsThatDoNotFitAreRefusedInASentence() throws IOException {
        Path file = dir.resolve("mlp.ckpt");
        try (Training run =
                Training.start(
                        manager,
                        small(ModelType.MLP),
                        settings(1, OptimizerConfig.Kind.SGD, 0.1),
                        CORPUS)) {
            run.write(file);
        }
        NamesCorpus other = NamesCorpus.of(Names.embedded().subList(0, 100));
        assertRefused(
                "the checkpoint "
                        + file
                        + " was trained on other data than these; give the same with --data, or"
                        + " leave out --resume",
                () -> Training.resume(manager, file, null, other, TrainingRanks.ALONE));
        Path missing = dir.resolve("none.ckpt");
        assertRefused(
                "the checkpoint " + missing + " does not exist",
                () -> SavedModel.load(missing, manager));
        byte[] bytes = Files.readAllBytes(file);
        Path cut = Files.write(dir.resolve("cut"), Arrays.copyOf(bytes, bytes.length / 2));
        String ends = message(CheckpointException.class, () -> SavedModel.load(cut, manager));
        assertTrue(
                ends.matches(
                        "(?s)"
                                + Pattern.quote(cut + " is no checkpoint, or a damaged one: ")
                                + "its tensors take .* bytes, but it has .* for them; give a file"
                                + " that train has written"),
                ends);
        byte[] flipped = bytes.clone();
        flipped[bytes.length / 2] ^= 1; // somewhere in the tensors
        Path damaged = Files.write(dir.resolve("flipped"), flipped);
        assertRefused(
                damaged
                        + " is no checkpoint, or a damaged one: it has another checksum; give a"
                        + " file that train has written",
                () -> SavedModel.load(damaged, manager));
        Path old = dir.resolve("old");

        try (NDManager sub = manager.newSubManager()) {
            SafetensorsFile read = SafetensorsFile.read(file, sub);
            Map<String, String> metadata = new HashMap<>(read.metadata());
            metadata.put("version", "99");
            new SafetensorsFile(read.tensors(), metadata).write(old);
        }

        assertRefused(
                "the checkpoint " + old + " must have the version 2, but has 99",
                () -> SavedModel.load(old, manager));
    }

    private static void assertRefused(String message, Executable call) {
        assertFails(CheckpointException.class, message, call);
    }

    private static ModelConfig small(ModelType type) {
        return type.defaults(CORPUS.vocabulary().size(), CORPUS.longest())
                .with(Map.of("embedding", 8, "hidden", 12, "layers", 2));
    }

    private static TrainingConfig settings(int steps, OptimizerConfig.Kind optimizer, double rate) {
        return settings(steps, optimizer, rate, Gradients.ENGINE);
    }

    private static TrainingConfig settings(
            int steps, OptimizerConfig.Kind optimizer, double rate, Gradients gradients) {
        return TrainingConfig.builder(steps)
                .batchSize(16)
                .optimizer(
                        optimizer == OptimizerConfig.Kind.SGD
                                ? OptimizerConfig.sgd(0.01)
                                : OptimizerConfig.adamW(0.01))
                .learningRate(LearningRate.stepDecay(rate, 9))
                .evaluation(new EvaluationPlan(4, 0, 0, 10))
                .seed(7)
                .gradients(gradients)
                .build();
    }

    private static void steps(Training run, int count) {
        for (int i = 0; i < count; i++) {
            run.step();
        }
    }

    private static float[] train(Training run, int count) {
        try (run) {
            steps(run, count);
            return run.losses();
        }
    }
}
