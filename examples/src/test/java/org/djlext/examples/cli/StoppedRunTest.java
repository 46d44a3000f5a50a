/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs in processes of their own that are stopped by Ctrl-C, or want the same folder. */
@DisabledOnOs(OS.WINDOWS) // signals are sent by kill
class StoppedRunTest {

    private static final int SIGINT = 2;
    private static final int SIGTERM = 15;
    private static final int BY_SIGNAL = 128; // an exit code is this plus the signal
    private static final Pattern DATA = Pattern.compile("(?s)id=\"data\">(.*?)</script>");
    private static final Pattern STOPPED = Pattern.compile("stopped at step (\\d+); the run is");

    private final Path dir;
    private final Path log;

    StoppedRunTest(@TempDir Path dir) {
        this.dir = dir;
        log = dir.resolve("log");
    }

    private Process start(Object... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx500m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Makemore.class.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private void await(Process process, Path file) throws Exception {
        while (!Files.exists(file)) {
            assertTrue(process.isAlive(), () -> log());
            Thread.sleep(20);
        }
    }

    private String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return "" + e;
        }
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

    private JsonObject stopped(Process process, Path report) throws Exception {
        Thread.sleep(300); // somewhere in training
        interrupt(process);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(BY_SIGNAL + signal(), process.exitValue(), () -> log());
        assertTrue(Files.exists(report), () -> log());
        Matcher data = DATA.matcher(Files.readString(report));
        assertTrue(data.find(), "the data");
        JsonObject all = JsonParser.parseString(data.group(1)).getAsJsonObject();
        JsonObject json = all.getAsJsonArray("runs").get(0).getAsJsonObject();
        assertEquals("STOPPED", json.get("state").getAsString());
        return json;
    }

    /** Stops a training that saves itself, whose report must tell the step that was saved. */
    private void assertStopped(Path run, Path report, String... command) throws Exception {
        List<String> args = new ArrayList<>(List.of(command));
        args.addAll(List.of("--max-steps=100000000", "--report=" + report, "--work-dir=" + run));
        Process process = start(args.toArray());
        await(process, run.resolve(RunFolder.LAST));
        JsonObject json = stopped(process, report);
        Matcher steps = STOPPED.matcher(log());
        assertTrue(steps.find(), () -> log());
        assertEquals(Integer.parseInt(steps.group(1)), json.get("step").getAsInt());
    }

    @Test
    void ctrlCLeavesTheRunAndItsReport() throws Exception {
        Path run = dir.resolve("run");
        Path report = dir.resolve("report.html");
        assertStopped(run, report, "train", "--model=mlp", "--n-embd2=20", "--eval-interval=0");
        assertTrue(log().contains("the report is in " + report), () -> log());
    }

    @Test
    void ctrlCLeavesTheReportOfAGpt() throws Exception {
        Path run = dir.resolve("run");
        Path report = dir.resolve("report.html");
        assertStopped(run, report, "train", "--stage=g1", "--eval-interval=1000000");
    }

    /** It saves nothing, and so does not see the signal; its report is left all the same. */
    @Test
    void ctrlCLeavesTheReportOfATrainingThatCannotBeResumed() throws Exception {
        Path report = dir.resolve("report.html");
        Process process = start("ninja", "--max-steps=100000000", "--report=" + report);
        while (!log().contains("loss")) {
            assertTrue(process.isAlive(), () -> log());
            Thread.sleep(20);
        }
        stopped(process, report);
    }

    @Test
    void aSecondRunInTheSameFolderIsRefused() throws Exception {
        Path run = dir.resolve("run");
        Process first =
                start(
                        "train",
                        "--model=mlp",
                        "--max-steps=100000000",
                        "--eval-interval=0",
                        "--work-dir=" + run);
        try {
            await(first, run.resolve(RunFolder.LAST));
            String refusal =
                    "another run is under way in "
                            + run
                            + "; wait for its end, or give another --work-dir";
            for (String how : List.of("--resume", "--overwrite")) {
                Outcome second =
                        Outcome.of(
                                "train",
                                "--model",
                                "mlp",
                                "--work-dir",
                                run,
                                how,
                                "--max-steps",
                                5);
                assertEquals(2, second.exitCode());
                assertEquals("makemore train: " + refusal, second.err());
            }
            Outcome gpt = Outcome.of("train", "--model", "gpt", "--work-dir", run, "--overwrite");
            assertEquals("makemore train: " + refusal, gpt.err());
        } finally {
            first.destroyForcibly().waitFor();
        }
        // A process that was killed holds no lock.
        Outcome third =
                Outcome.of(
                        "train",
                        "--model",
                        "mlp",
                        "--work-dir",
                        run,
                        "--overwrite",
                        "--max-steps",
                        5);
        assertEquals(0, third.exitCode(), third.err());
    }
}
