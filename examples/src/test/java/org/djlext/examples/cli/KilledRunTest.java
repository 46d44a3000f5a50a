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
import java.util.ArrayList;
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
    private static final List<String> MLP_BN =
            List.of("train", "--model=mlp-bn", "--n-embd2=20", "--eval-interval=100");
    private static final List<String> TRANSFORMER =
            List.of(
                    "train",
                    "--model=transformer",
                    "--optimizer=adamw",
                    "--n-layer=1",
                    "--n-embd=8",
                    "--n-head=2",
                    "--eval-interval=200");
    private static final List<String> GPT =
            List.of(
                    "train",
                    "--model=gpt",
                    "--save-interval=20",
                    "--block-size=8",
                    "--n-embd=8",
                    "--n-head=2",
                    "--n-layer=1",
                    "--dropout=0.1",
                    "--batch-size=4");
    private static final long LATEST_MILLIS = 1000;

    private final Path dir;

    KilledRunTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @Test
    void aRunKilledAtAnyMomentGoesOnToTheSameLosses() throws Exception {
        List<String> settings = new ArrayList<>(MLP_BN);
        settings.addAll(List.of("--max-steps=" + STEPS, "--save-interval=20"));
        Path straight = runUnharmed(settings);
        Path killed = runWithKills(settings, List.of("train"), KILLS);
        assertArrayEquals(losses(straight), losses(killed));
    }

    /** AdamW, whose state is more than the weights. */
    @Test
    void aKilledTransformerGoesOnToTheSameLosses() throws Exception {
        List<String> settings = new ArrayList<>(TRANSFORMER);
        settings.addAll(List.of("--max-steps=400", "--save-interval=20"));
        Path straight = runUnharmed(settings);
        Path killed = runWithKills(settings, List.of("train"), 1);
        assertArrayEquals(losses(straight), losses(killed));
    }

    @Test
    void aKilledGptGoesOnToTheSameLosses() throws Exception {
        List<String> looks = List.of("--eval-interval=20", "--eval-iters=1");
        List<String> settings = new ArrayList<>(GPT);
        settings.addAll(looks);
        settings.add("--max-steps=600");
        Path straight = runUnharmed(settings);
        List<String> resumed = new ArrayList<>(List.of("train"));
        resumed.addAll(looks);
        Path killed = runWithKills(settings, resumed, 1);
        List<Training.Evaluated> expected = gptLosses(straight);
        assertEquals(31, expected.size());
        assertEquals(expected, gptLosses(killed));
    }

    private Path runUnharmed(List<String> settings) throws Exception {
        Path run = dir.resolve("straight");
        assertEquals(0, start(run, settings, "--overwrite").waitFor(), () -> log(run));
        return run;
    }

    /**
     * Kills a run at random moments and goes on with it each time, then lets it come to its end.
     */
    private Path runWithKills(List<String> settings, List<String> resume, int kills)
            throws Exception {
        Path killed = dir.resolve("killed");
        Path last = killed.resolve(RunFolder.LAST);
        Random random = new Random(20);
        int done = 0;
        while (done < kills) {
            Process process =
                    Files.exists(last)
                            ? start(killed, resume, "--resume")
                            : start(killed, settings, "--overwrite");
            // A process that was killed early in its life has not written yet; wait for that once.
            while (!Files.exists(last) && process.isAlive()) {
                Thread.sleep(5);
            }
            if (process.waitFor(random.nextLong(LATEST_MILLIS), TimeUnit.MILLISECONDS)) {
                assertEquals(0, process.exitValue(), () -> log(killed));
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
        assertEquals(0, start(killed, resume, "--resume").waitFor(), () -> log(killed));
        return killed;
    }

    @Test
    void aPoliteSignalSavesFirst() throws Exception {
        Path run = dir.resolve("run");
        Process process = start(run, MLP_BN, "--save-interval=1000000", "--max-steps=1000000");
        while (!Files.exists(run.resolve(RunFolder.BEST))) {
            assertTrue(process.isAlive(), () -> log(run));
            Thread.sleep(20);
        }
        process.destroy(); // SIGTERM; Ctrl-C's SIGINT runs the same shutdown hook
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(128 + 15, process.exitValue(), () -> log(run));
        assertTrue(log(run).contains("; the run is saved in "), () -> log(run));
        assertTrue(losses(run).length > 0);
    }

    private static Process start(Path run, List<String> settings, String... more)
            throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx1g",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Makemore.class.getName()));
        command.addAll(settings);
        command.add("--work-dir=" + run);
        command.addAll(List.of(more));
        Files.createDirectories(run);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile(run).toFile()))
                .start();
    }

    private static Path logFile(Path run) {
        return run.resolveSibling(run.getFileName() + ".log");
    }

    private static String log(Path run) {
        try {
            return Files.readString(logFile(run));
        } catch (IOException e) {
            return "" + e;
        }
    }

    private static void assertReadable(Path file) {
        try (NDManager manager = NDManager.newBaseManager()) {
            SavedModel.load(file, manager);
        }
    }

    private static float[] losses(Path run) {
        return resumed(run, Training::losses);
    }

    private static List<Training.Evaluated> gptLosses(Path run) {
        return resumed(run, Training::evaluations);
    }

    private static <T> T resumed(Path run, Function<Training, T> look) {
        try (NDManager manager = NDManager.newBaseManager();
                Training resumed =
                        Training.resume(manager, run.resolve(RunFolder.LAST), null, null)) {
            return look.apply(resumed);
        }
    }
}
