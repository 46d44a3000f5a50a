/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.djlext.makemore.train.Checkpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trains in two processes by the command line. {@code -Dkills=10} kills ranks more often than a
 * build has time for.
 */
@EnabledOnOs(OS.LINUX)
class LaunchCommandTest {

    private static final int KILLS = Integer.getInteger("kills", 1);
    private static final String TRAIN =
            "train --model=transformer --n-layer=1 --n-embd=8 --n-head=2 --batch-size=16"
                    + " --eval-interval=200 --save-interval=20 --max-steps=%s --work-dir=%s";
    private static final String LAUNCH = "launch -n 2 " + TRAIN;

    private final Path dir;

    LaunchCommandTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** Returns the processes of the ranks, in the order in which they were started. */
    private static List<ProcessHandle> ranks(MakemoreProcess launch) {
        return launch.process()
                .descendants()
                .filter(ProcessHandle::isAlive)
                .sorted(Comparator.comparingLong(ProcessHandle::pid))
                .toList();
    }

    private MakemoreProcess start(String line, Object... values) throws IOException {
        return MakemoreProcess.start(dir, Outcome.words(line, values));
    }

    /** Starts a command as a launch does that has started it once already. */
    private Outcome again(String line, Object... values) throws Exception {
        Map<String, String> again = Map.of(LaunchCommand.RESTARTS, "1", LaunchCommand.RUN_ID, "a");
        return MakemoreProcess.start(dir, again, Outcome.words(line, values)).end();
    }

    /** Returns all numbers of a run: parameters, losses, and what the optimizer keeps. */
    private static Map<String, byte[]> numbers(Path folder) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Map<String, byte[]> numbers = new TreeMap<>();
            Checkpoint.read(folder.resolve(RunFolder.LAST), manager)
                    .tensors()
                    .forEach((name, array) -> numbers.put(name, array.toByteArray()));
            return numbers;
        }
    }

    private static void assertSame(Path expected, Path actual) {
        Map<String, byte[]> a = numbers(expected);
        Map<String, byte[]> b = numbers(actual);
        assertEquals(a.keySet(), b.keySet());
        a.forEach((name, bytes) -> assertArrayEquals(bytes, b.get(name), name));
    }

    @Test
    void aKilledRankCostsNothingButTime() throws Exception {
        int steps = 400;
        Path straight = dir.resolve("straight");
        Outcome whole = start(LAUNCH, steps, straight).end();
        assertEquals(0, whole.exitCode(), whole.err());
        assertContains(
                whole.out(),
                "2 processes, gradients reduced in each step",
                "the run is in " + straight);
        assertFalse(whole.out().contains("rank 1: "), whole.out());

        Path alone = dir.resolve("alone");
        Outcome.ok(TRAIN, steps, alone);
        float[] expected = RunFiles.losses(alone);
        float[] actual = RunFiles.losses(straight);
        assertEquals(steps, actual.length);
        assertArrayEquals(Arrays.copyOf(expected, 200), Arrays.copyOf(actual, 200), 1e-6f);

        Random random = new Random();
        for (int i = 0; i < KILLS; i++) {
            long seed = random.nextLong();
            Path killed = dir.resolve("killed" + i);
            kill(killed, steps, new Random(seed), "seed " + seed);
            assertSame(straight, killed);
        }
    }

    private void kill(Path folder, int steps, Random random, String seed) throws Exception {
        MakemoreProcess launch = start("launch --restarts 1 -n 2 " + TRAIN, steps, folder);
        while (launch.process().isAlive() && !Files.exists(folder.resolve(RunFolder.LAST))) {
            Thread.sleep(5);
        }
        Thread.sleep(random.nextInt(600));
        List<ProcessHandle> ranks = ranks(launch);
        boolean isKilled = ranks.size() == 2 && ranks.get(random.nextInt(2)).destroyForcibly();
        Outcome outcome = launch.end();
        assertEquals(0, outcome.exitCode(), seed + outcome.err());
        if (isKilled) {
            assertContains(
                    seed + outcome.err(),
                    "ended with the exit code 137; all are started again from the newest"
                            + " checkpoint, 1 of 1",
                    " has lost a rank (");
            assertFalse(outcome.err().contains("\tat "), seed + outcome.err());
        }
    }

    /** A rank may fail before it has written anything, when the folder still has an older run. */
    @Test
    void processesThatAreStartedAgainResumeNoOlderRun() throws Exception {
        Path folder = dir.resolve("older");
        assertEquals(0, start(TRAIN, 10, folder).end().exitCode());
        Outcome refused = again(TRAIN, 10, folder);
        assertEquals(2, refused.exitCode(), refused.out());
        assertTrue(refused.err().contains(" has a run already; "), refused.err());
        Outcome anew = again(TRAIN + " --overwrite --seed=7", 10, folder);
        assertEquals(0, anew.exitCode(), anew.err());
        assertFalse(anew.out().contains("resumed"), anew.out());
        Outcome resumed = again(TRAIN + " --overwrite --seed=7", 12, folder);
        assertTrue(resumed.out().contains("resumed at step 10"), resumed.out() + resumed.err());
    }

    @Test
    void mistakesEndAllProcessesWithOneSentence() throws Exception {
        Path folder = dir.resolve("refused");
        Outcome outcome = start(LAUNCH + " --sync-batch-norm", 10, folder).end();
        assertEquals(2, outcome.exitCode(), outcome.err());
        assertContains(
                outcome.err(),
                "makemore train: the model transformer has no batch norm that could be over all"
                        + " ranks");
        assertEquals("", outcome.out());
        assertFalse(Files.exists(folder), "a folder without a run");
    }

    @Test
    void ctrlCSavesTheRunOfAllProcesses() throws Exception {
        Path folder = dir.resolve("stopped");
        MakemoreProcess launch = training(folder);
        launch.process().destroy();
        Outcome outcome = launch.end();
        assertEquals(143, outcome.exitCode(), outcome.err());
        assertTrue(outcome.out().contains("go on with --resume"), outcome.out() + outcome.err());
        // In one process again.
        int done = RunFiles.losses(folder).length;
        Outcome.ok(
                "train --resume --model=transformer --max-steps=%s --work-dir=%s",
                done + 10, folder);
        assertEquals(done + 10, RunFiles.losses(folder).length);
    }

    /** Starts a long training, and returns once it has begun. */
    private MakemoreProcess training(Path folder) throws Exception {
        MakemoreProcess launch = start(LAUNCH, 1_000_000, folder);
        launch.await(() -> launch.log().contains("dev "));
        return launch;
    }

    @Test
    void ranksDoNotOutliveTheirParent() throws Exception {
        MakemoreProcess launch = training(dir.resolve("orphans"));
        List<ProcessHandle> ranks = ranks(launch);
        assertEquals(2, ranks.size());
        launch.process().destroyForcibly().waitFor();
        for (ProcessHandle rank : ranks) {
            rank.onExit().get(30, TimeUnit.SECONDS);
        }
    }
}
