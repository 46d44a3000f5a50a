/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

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
import org.djlext.makemore.data.Names;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.train.Corpus;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.TrainingRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a training process at random moments. {@code -Dkills=20} kills more often than a build has
 * time for.
 */
class KilledRunTest {

    private static final int STEPS = 600;
    private static final int KILLS = Integer.getInteger("kills", 2);
    private static final long LATEST_MILLIS = 1000;

    private final Path dir;

    KilledRunTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @Test
    void aRunKilledAtAnyMomentGoesOnToTheSameLosses() throws Exception {
        Path straight = dir.resolve("straight");
        assertEquals(0, start(straight, false).waitFor());
        Path killed = dir.resolve("killed");
        Path last = killed.resolve(TrainCommand.LAST);
        Random random = new Random(20);
        int kills = 0;
        int resumed = 0;
        while (kills < KILLS) {
            boolean resume = Files.exists(last);
            Process process = start(killed, resume);
            // A process that was killed early in its life has not written yet; wait for that once.
            while (!Files.exists(last) && process.isAlive()) {
                Thread.sleep(5);
            }
            if (process.waitFor(random.nextLong(LATEST_MILLIS), TimeUnit.MILLISECONDS)) {
                Files.delete(last); // It was done before it could be killed: once more.
                Files.deleteIfExists(killed.resolve(TrainCommand.BEST));
                continue;
            }
            process.destroyForcibly().waitFor();
            kills++;
            resumed += resume ? 1 : 0;
            for (String name : List.of(TrainCommand.LAST, TrainCommand.BEST)) {
                if (Files.exists(killed.resolve(name))) {
                    assertReadable(killed.resolve(name));
                }
            }
        }
        assertTrue(resumed > 0);
        assertEquals(0, start(killed, true).waitFor());
        assertArrayEquals(losses(straight), losses(killed));
    }

    @Test
    void aPoliteSignalSavesFirst() throws Exception {
        Path run = dir.resolve("run");
        Process process = start(run, false, "--save-every", "1000000", "--steps", "1000000");
        while (!Files.exists(run.resolve(TrainCommand.BEST))) {
            assertTrue(process.isAlive(), () -> log(run));
            Thread.sleep(20);
        }
        process.destroy(); // SIGTERM; Ctrl-C's SIGINT runs the same shutdown hook
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(128 + 15, process.exitValue(), () -> log(run));
        assertTrue(log(run).contains("; the run is saved in "), () -> log(run));
        assertTrue(losses(run).length > 0);
    }

    private static Process start(Path run, boolean resume, String... more) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx1g",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Makemore.class.getName(),
                                "train",
                                "--work-dir",
                                run.toString()));
        if (resume) {
            command.add("--resume");
        } else {
            command.addAll(
                    List.of(
                            "--type",
                            "mlp-bn",
                            "--hidden",
                            "20",
                            "--eval-every",
                            "100",
                            "--overwrite"));
            if (more.length == 0) {
                command.addAll(List.of("--steps", "" + STEPS, "--save-every", "20"));
            }
        }
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
            SavedModel.load(file, manager, Gradients.ENGINE);
        }
    }

    private static float[] losses(Path run) {
        try (NDManager manager = NDManager.newBaseManager();
                TrainingRun resumed =
                        TrainingRun.resume(
                                manager,
                                run.resolve(TrainCommand.LAST),
                                null,
                                Corpus.of(Names.embedded()))) {
            return resumed.losses();
        }
    }
}
