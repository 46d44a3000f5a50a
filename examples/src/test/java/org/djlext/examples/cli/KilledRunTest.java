/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingRanks;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kills a training process at random moments. {@code -Dkills=20} kills more often than a build has
 * time for.
 */
class KilledRunTest {

    private static final int KILLS = Integer.getInteger("kills", 2);
    private static final String MLP_BN = "train --model mlp-bn --n-embd2 20 --eval-interval 100 ";
    private static final String TRANSFORMER =
            "train --model transformer --optimizer adamw --n-layer 1 --n-embd 8 --n-head 2"
                    + " --eval-interval 200 ";
    private static final String GPT =
            "train --model gpt --save-interval 20 --block-size 8 --n-embd 8 --n-head 2 --n-layer 1"
                    + " --dropout 0.1 --batch-size 4 --max-steps 600 ";
    private static final long LATEST_MILLIS = 1000;

    private final Path dir;

    KilledRunTest(@TempDir Path dir) {
        this.dir = dir;
    }

    static Stream<Arguments> settings() {
        return Stream.of(
                Arguments.of("mlp-bn", MLP_BN + "--save-interval 20 --max-steps 600", "", KILLS),
                // AdamW, whose state is more than the weights.
                Arguments.of(
                        "transformer", TRANSFORMER + "--max-steps 400 --save-interval 20", "", 1),
                Arguments.of("gpt", GPT, "--eval-interval 20 --eval-iters 1", 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("settings")
    void aRunKilledAtAnyMomentGoesOnToTheSameLosses(
            String name, String settings, String looks, int kills) throws Exception {
        String line = (settings + " " + looks).strip();
        Path straight = runUnharmed(line);
        Path killed = runWithKills(line, ("train " + looks).strip(), kills);
        assertArrayEquals(RunFiles.losses(straight), RunFiles.losses(killed));
        List<Training.Evaluated> expected = resumed(straight, Training::evaluations);
        assertFalse(expected.isEmpty(), name);
        assertEquals(expected, resumed(killed, Training::evaluations));
    }

    private Path runUnharmed(String settings) throws Exception {
        Path run = dir.resolve("straight");
        MakemoreProcess started = start(run, settings + " --overwrite");
        assertEquals(0, started.end().exitCode(), started::log);
        return run;
    }

    /**
     * Kills a run at random moments and goes on with it each time, then lets it come to its end.
     */
    private Path runWithKills(String settings, String resume, int kills) throws Exception {
        Path killed = dir.resolve("killed");
        Path last = killed.resolve(RunFolder.LAST);
        Random random = new Random(20);
        int done = 0;
        while (done < kills) {
            MakemoreProcess run =
                    start(
                            killed,
                            Files.exists(last) ? resume + " --resume" : settings + " --overwrite");
            Process process = run.process();
            // A process that was killed early in its life has not written yet; wait for that once.
            while (!Files.exists(last) && process.isAlive()) {
                Thread.sleep(5);
            }
            if (process.waitFor(random.nextLong(LATEST_MILLIS), TimeUnit.MILLISECONDS)) {
                assertEquals(0, process.exitValue(), run::log);
                Files.delete(last); // It was done before it could be killed: once more.
                Files.deleteIfExists(killed.resolve(RunFolder.BEST));
                continue;
            }
            process.destroyForcibly().waitFor();
            done++;
            for (String name : List.of(RunFolder.LAST, RunFolder.BEST)) {
                if (Files.exists(killed.resolve(name))) {
                    assertReadable(killed.resolve(name));
                }
            }
        }
        MakemoreProcess end = start(killed, resume + " --resume");
        assertEquals(0, end.end().exitCode(), end::log);
        return killed;
    }

    private MakemoreProcess start(Path run, String line) throws IOException {
        Files.createDirectories(run);
        return MakemoreProcess.start(dir, List.of((line + " --work-dir " + run).split(" +")));
    }

    private static void assertReadable(Path file) {
        try (NDManager manager = NDManager.newBaseManager()) {
            SavedModel.load(file, manager);
        }
    }

    private static <T> T resumed(Path run, Function<Training, T> look) {
        try (NDManager manager = NDManager.newBaseManager();
                Training resumed =
                        Training.resume(
                                manager,
                                run.resolve(RunFolder.LAST),
                                null,
                                null,
                                TrainingRanks.ALONE)) {
            return look.apply(resumed);
        }
    }
}
