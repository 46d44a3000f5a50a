/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Runs in processes of their own that are stopped by Ctrl-C, or want the same folder. */
@DisabledOnOs(OS.WINDOWS) // signals are sent by kill
class StoppedRunTest {

    private static final int SIGINT = 2;
    private static final int SIGTERM = 15;
    private static final int BY_SIGNAL = 128; // an exit code is this plus the signal
    private static final Pattern STOPPED = Pattern.compile("stopped at step (\\d+); the run is");

    private final Path dir;

    StoppedRunTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private MakemoreProcess start(String line, Object... values) throws IOException {
        return MakemoreProcess.start(dir, Outcome.words(line, values));
    }

    private static void interrupt(Process process) throws Exception {
        String signal = "-" + signal();
        assertEquals(0, new ProcessBuilder("kill", signal, "" + process.pid()).start().waitFor());
    }

    /**
     * That of Ctrl-C; or SIGTERM in a process that was started to ignore it, as a shell does behind
     * an {@code &}, because its children ignore it too.
     */
    private static int signal() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return SIGINT;
        }
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("SigIgn:"))
                            .map(
                                    line ->
                                            new BigInteger(
                                                    line.substring("SigIgn:".length()).strip(), 16))
                            .anyMatch(ignored -> ignored.testBit(SIGINT - 1))
                    ? SIGTERM
                    : SIGINT;
        }
    }

    private static JsonObject stopped(MakemoreProcess run, Path report) throws Exception {
        Thread.sleep(300); // somewhere in training
        interrupt(run.process());
        assertEquals(BY_SIGNAL + signal(), run.end().exitCode(), run::log);
        assertTrue(Files.exists(report), run::log);
        JsonObject json = RunFiles.report(report);
        assertEquals("STOPPED", json.get("state").getAsString());
        return json;
    }

    /** Stops a training that saves itself, whose report must tell the step that was saved. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "train --model mlp --n-embd2 20 --eval-interval 0",
                "train --stage g1 --eval-interval 1000000"
            })
    void ctrlCLeavesTheRunAndItsReport(String line) throws Exception {
        Path folder = dir.resolve("run");
        Path report = dir.resolve("report.html");
        MakemoreProcess run =
                start(line + " --max-steps 100000000 --report %s --work-dir %s", report, folder);
        run.await(() -> Files.exists(folder.resolve(RunFolder.LAST)));
        JsonObject json = stopped(run, report);
        Matcher steps = STOPPED.matcher(run.log());
        assertTrue(steps.find(), run::log);
        int step = Integer.parseInt(steps.group(1));
        assertEquals(step, json.get("step").getAsInt());
        assertEquals(step, RunFiles.losses(folder).length);
        assertTrue(run.log().contains("the report is in " + report), run::log);
    }

    /** It saves nothing, and so does not see the signal; its report is left all the same. */
    @Test
    void ctrlCLeavesTheReportOfATrainingThatCannotBeResumed() throws Exception {
        Path report = dir.resolve("report.html");
        MakemoreProcess run = start("ninja --max-steps 100000000 --report %s", report);
        run.await(() -> run.log().contains("loss"));
        stopped(run, report);
    }

    @Test
    void aSecondRunInTheSameFolderIsRefused() throws Exception {
        Path folder = dir.resolve("run");
        String train = "train --model mlp --work-dir %s ";
        MakemoreProcess first = start(train + "--max-steps 100000000 --eval-interval 0", folder);
        try {
            first.await(() -> Files.exists(folder.resolve(RunFolder.LAST)));
            for (String how : List.of("--resume", "--overwrite", "--overwrite --model gpt")) {
                String line = how.contains("gpt") ? "train --work-dir %s " : train;
                Outcome.run(line + how, folder)
                        .assertMistake(
                                "another run is under way in "
                                        + folder
                                        + "; wait for its end, or give another --work-dir");
            }
        } finally {
            first.process().destroyForcibly().waitFor();
        }
        // A process that was killed holds no lock.
        Outcome.ok(train + "--overwrite --max-steps 5", folder);
    }
}
