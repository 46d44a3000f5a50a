/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.nn.ParameterNames;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingRunTest {

    private static final Corpus CORPUS = Corpus.of(Names.embedded());

    private final Path dir;
    @AutoClose private final NDManager manager = NDManager.newBaseManager();

    TrainingRunTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void aResumedRunGoesOnBitForBit(ModelType type) {
        for (RunSettings.Optimizer optimizer : RunSettings.Optimizer.values()) {
            for (Gradients gradients : Gradients.values()) {
                resumesBitForBit(type, optimizer, gradients);
            }
        }
    }

    private void resumesBitForBit(
            ModelType type, RunSettings.Optimizer optimizer, Gradients gradients) {
        RunSettings settings =
                new RunSettings(12, 16, optimizer, 0.01, 9, 0.01, 0, 4, 0, 7, gradients);
        float[] straight = train(TrainingRun.start(manager, small(type), settings, CORPUS), 12);
        Path file = dir.resolve(type + "" + optimizer + gradients);
        try (TrainingRun first =
                TrainingRun.start(manager, small(type), settings.withSteps(7), CORPUS)) {
            steps(first, 7);
            first.write(file);
            // What a checkpoint may not depend on.
            steps(TrainingRun.start(manager, small(type), settings, CORPUS), 1);
        }
        TrainingRun second = TrainingRun.resume(manager, file, 12, CORPUS);
        assertEquals(7, second.stepsDone());
        assertArrayEquals(straight, train(second, 5), type + " " + optimizer + " " + gradients);
    }

    @Test
    void aRunCanBeWrittenBeforeItsFirstStep() {
        Path file = dir.resolve("start");
        RunSettings settings = settings(5, RunSettings.Optimizer.SGD, 0.1);
        try (TrainingRun run = TrainingRun.start(manager, small(ModelType.MLP), settings, CORPUS)) {
            run.write(file);
            steps(run, 5);
            assertArrayEquals(
                    run.losses(), train(TrainingRun.resume(manager, file, null, CORPUS), 5));
        }
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void nothingIsLeftBehindInTheModelsManager(ModelType type) {
        for (Gradients gradients : Gradients.values()) {
            RunSettings settings =
                    new RunSettings(
                            40, 8, RunSettings.Optimizer.SGD, 0.01, 100, 0, 1, 0, 0, 1, gradients);
            try (TrainingRun run = TrainingRun.start(manager, small(type), settings, CORPUS)) {
                steps(run, 2);
                int before = run.manager().getManagedArrays().size();
                steps(run, 20);
                assertEquals(before, run.manager().getManagedArrays().size(), type + "");
            }
        }
    }

    @Test
    void trainingStopsAtALossThatIsNoNumber() {
        RunSettings settings = settings(200, RunSettings.Optimizer.SGD, 1e30);
        try (TrainingRun run = TrainingRun.start(manager, small(ModelType.MLP), settings, CORPUS)) {
            String message =
                    String.valueOf(
                            assertThrows(TrainingException.class, () -> steps(run, 200))
                                    .getMessage());
            assertTrue(
                    message.matches(
                            "training of mlp stopped at step [0-9]+, because the loss is"
                                    + " (NaN|Infinity|-Infinity); .*; try a lower learning rate"),
                    message);
        }
    }

    @Test
    void theFirstBadTensorIsNamed() {
        RunSettings settings = settings(5, RunSettings.Optimizer.SGD, 0.1);
        try (TrainingRun run = TrainingRun.start(manager, small(ModelType.MLP), settings, CORPUS)) {
            Map<String, Parameter> parameters = ParameterNames.of(run.saved().model());
            Parameter bad = Objects.requireNonNull(parameters.get("layers.4.bias"));
            bad.getArray().set(new float[(int) bad.getArray().size()]);
            bad.getArray().divi(0f);
            assertEquals(
                    "training of mlp stopped at step 0, because the loss is NaN; the first bad"
                            + " tensor is layers.4.bias; try a lower learning rate",
                    assertThrows(TrainingException.class, run::step).getMessage());
        }
    }

    @Test
    void trainingStopsWhenTheDevLossHasNoNewBest() {
        // A learning rate of 0: the dev loss never changes.
        RunSettings settings =
                new RunSettings(
                        100, 8, RunSettings.Optimizer.SGD, 0, 100, 0, 0, 5, 3, 1, Gradients.ENGINE);
        try (TrainingRun run = TrainingRun.start(manager, small(ModelType.MLP), settings, CORPUS)) {
            while (!run.isDone()) {
                run.step();
            }
            assertEquals(20, run.stepsDone());
            assertEquals(
                    List.of(0, 5, 10, 15, 20),
                    run.devLosses().stream().map(TrainingRun.DevLoss::step).toList());
            assertTrue(run.isOutOfPatience());
            assertFalse(run.isNewBest());
        }
    }

    @Test
    void checkpointsThatDoNotFitAreRefusedInASentence() throws IOException {
        Path file = dir.resolve("mlp.ckpt");
        try (TrainingRun run =
                TrainingRun.start(
                        manager,
                        small(ModelType.MLP),
                        settings(1, RunSettings.Optimizer.SGD, 0.1),
                        CORPUS)) {
            run.write(file);
        }
        Corpus other = Corpus.of(Names.embedded().subList(0, 100));
        assertEquals(
                "the checkpoint "
                        + file
                        + " was trained on other names than these; give the same with --data, or"
                        + " leave out --resume",
                refused(() -> TrainingRun.resume(manager, file, null, other)));
        Path missing = dir.resolve("none.ckpt");
        assertEquals(
                "the checkpoint " + missing + " does not exist",
                refused(() -> SavedModel.load(missing, manager)));
        byte[] bytes = Files.readAllBytes(file);
        Path cut = Files.write(dir.resolve("cut"), Arrays.copyOf(bytes, bytes.length / 2));
        assertEquals(
                cut
                        + " is no checkpoint, or a damaged one: zip END header not found; give a"
                        + " file that train has written",
                refused(() -> SavedModel.load(cut, manager)));
        byte[] flipped = bytes.clone();
        flipped[bytes.length / 2] ^= 1; // somewhere in the tensors
        Path damaged = Files.write(dir.resolve("flipped"), flipped);
        String message = String.valueOf(refused(() -> SavedModel.load(damaged, manager)));
        assertTrue(
                message.startsWith(damaged + " is no checkpoint, or a damaged one: tensors/")
                        && message.endsWith(
                                " has another size or checksum; give a file that train has"
                                        + " written"),
                message);
        Path old = dir.resolve("old");
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        try (NDManager sub = manager.newSubManager()) {
            Checkpoint checkpoint =
                    Checkpoint.read(file, SavedModel.FORMAT, SavedModel.VERSION, sub);
            checkpoint.header().remove("version");
            checkpoint.header().remove("format");
            checkpoint.write(old, SavedModel.FORMAT, 99);
        }
        assertTrue(text.contains("makemore"));
        assertEquals(
                "the checkpoint " + old + " must have the version 1, but has 99",
                refused(() -> SavedModel.load(old, manager)));
    }

    @FunctionalInterface
    private interface Attempt {
        Object run();
    }

    private static @Nullable String refused(Attempt attempt) {
        return assertThrows(CheckpointException.class, attempt::run).getMessage();
    }

    private static ModelConfig small(ModelType type) {
        return type.defaults(CORPUS.vocabulary().size(), CORPUS.longest()).toBuilder()
                .embedding(8)
                .hidden(12)
                .layers(2)
                .build();
    }

    private static RunSettings settings(int steps, RunSettings.Optimizer optimizer, double rate) {
        return new RunSettings(steps, 16, optimizer, rate, 9, 0.01, 0, 4, 0, 7, Gradients.ENGINE);
    }

    private static void steps(TrainingRun run, int count) {
        for (int i = 0; i < count; i++) {
            run.step();
        }
    }

    private static float[] train(TrainingRun run, int count) {
        try (run) {
            steps(run, count);
            return run.losses();
        }
    }

    @Test
    void theListOfModelsIsComplete() {
        assertEquals(
                List.of(
                        "bigram",
                        "mlp",
                        "mlp-bn",
                        "deep",
                        "wavenet",
                        "makemore-mlp",
                        "rnn",
                        "gru",
                        "bow",
                        "transformer",
                        "gpt"),
                Arrays.stream(ModelType.values()).map(ModelType::toString).toList());
    }
}
