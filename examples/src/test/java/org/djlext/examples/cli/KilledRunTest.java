/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a training process at random moments. {@code -Dkills=20} kills more often than a build has
 * time for.
 */
class KilledRunTest {

    private static final int STEPS = 600;
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

    @Test
    void aRunKilledAtAnyMomentGoesOnToTheSameLosses() throws Exception {
        String settings = MLP_BN + "--save-interval 20 --max-steps " + STEPS;
        Path straight = runUnharmed(settings);
        assertArrayEquals(losses(straight), losses(runWithKills(settings, "train", KILLS)));
    }

    /** AdamW, whose state is more than the weights. */
    @Test
    void aKilledTransformerGoesOnToTheSameLosses() throws Exception {
        String settings = TRANSFORMER + "--max-steps 400 --save-interval 20";
        Path straight = runUnharmed(settings);
        assertArrayEquals(losses(straight), losses(runWithKills(settings, "train", 1)));
    }

    @Test
    void aKilledGptGoesOnToTheSameLosses() throws Exception {
        String looks = "--eval-interval 20 --eval-iters 1";
        List<Training.Evaluated> expected =
                resumed(runUnharmed(GPT + looks), Training::evaluations);
        assertEquals(31, expected.size());
        Path killed = runWithKills(GPT + looks, "train " + looks, 1);
        assertEquals(expected, resumed(killed, Training::evaluations));
    }

    private Path runUnharmed(String settings) throws Exception {
        Path run = dir.resolve("straight");
        MakemoreProcess started = start(run, settings + " --overwrite");
        assertEquals(0, started.process().waitFor(), started::log);
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
        assertEquals(0, end.process().waitFor(), end::log);
        return killed;
    }

    @Test
    void aPoliteSignalSavesFirst() throws Exception {
        Path folder = dir.resolve("run");
        MakemoreProcess run = start(folder, MLP_BN + "--save-interval 1000000 --max-steps 1000000");
        run.await(folder.resolve(RunFolder.BEST));
        run.process().destroy(); // SIGTERM; Ctrl-C's SIGINT runs the same shutdown hook
        assertTrue(run.process().waitFor(60, TimeUnit.SECONDS));
        assertEquals(128 + 15, run.process().exitValue(), run::log);
        assertTrue(run.log().contains("; the run is saved in "), run::log);
        assertTrue(losses(folder).length > 0);
    }

    private static MakemoreProcess start(Path run, String line) throws IOException {
        Files.createDirectories(run);
        return MakemoreProcess.start(
                run.resolveSibling(run.getFileName() + ".log"),
                List.of((line + " --work-dir " + run).split(" +")));
    }

    private static void assertReadable(Path file) {
        try (NDManager manager = NDManager.newBaseManager()) {
            SavedModel.load(file, manager);
        }
    }

    private static float[] losses(Path run) {
        return resumed(run, Training::losses);
    }

    private static <T> T resumed(Path run, Function<Training, T> look) {
        try (NDManager manager = NDManager.newBaseManager();
                Training resumed =
                        Training.resume(manager, run.resolve(RunFolder.LAST), null, null)) {
            return look.apply(resumed);
        }
    }
}
