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
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("NullAway.Init") // JUnit sets the folder
class ReportCommandTest {

    @TempDir Path dir;

    private JsonObject reported(String line, Object... values) throws IOException {
        Path file = dir.resolve("report.html");
        Outcome.ok(line + " --report=" + file, values);
        try (Stream<Path> files = Files.list(dir)) {
            assertTrue(files.noneMatch(f -> f.toString().endsWith(".part")), "nothing half done");
        }
        return RunFiles.report(file);
    }

    /** The names of numbers that begin so. */
    private static List<String> names(JsonObject data, String start) {
        return data.getAsJsonObject("scalars").keySet().stream()
                .filter(name -> name.startsWith(start))
                .toList();
    }

    private static JsonArray losses(JsonObject data) {
        return data.getAsJsonObject("scalars")
                .getAsJsonObject("train/loss")
                .getAsJsonArray("value");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlp-bn", "wavenet", "gru", "transformer", "bigram"})
    void lookingChangesNothing(String type) throws IOException {
        String line = "train --model %s --max-steps 12 --eval-interval 5 --work-dir %s";
        Path plain = dir.resolve("plain");
        Path seen = dir.resolve("seen");
        Outcome outcome = Outcome.ok(line, type, plain);
        JsonObject data = reported(line, type, seen);
        assertArrayEquals(RunFiles.losses(plain), RunFiles.losses(seen));
        assertEquals(12, losses(data).size());
        for (int i = 0; i < 12; i++) {
            assertEquals(RunFiles.losses(plain)[i], losses(data).get(i).getAsFloat(), 1e-4);
        }
        assertEquals("FINISHED", data.get("state").getAsString());
        assertEquals(List.of("dev/loss"), names(data, "dev"));
        assertEquals(List.of("train/loss", "train/evaluated"), names(data, "train"));
        assertEquals(List.of("test/loss"), names(data, "test"));
        assertFalse(names(data, "update ratio/").isEmpty());
        JsonObject norms = data.getAsJsonObject("scalars").getAsJsonObject("gradient norm");
        assertEquals(12, norms.getAsJsonArray("step").size(), "each step is watched");
        float last = norms.getAsJsonArray("value").get(11).getAsFloat();
        String kept = Files.readString(plain.resolve("metrics.csv"));
        Matcher norm = Pattern.compile("(?m)^11,gradient norm,(.*)$").matcher(kept);
        assertTrue(norm.find(), kept);
        assertEquals(last, Float.parseFloat(norm.group(1)), 1e-4f * last);
        assertEquals(5 * 4, data.getAsJsonArray("histograms").size());
        assertEquals(5, data.getAsJsonArray("samples").size());
        assertTrue(outcome.out().contains(lastSample(data)), "the same names without a report");
    }

    private static String lastSample(JsonObject data) {
        JsonArray samples = data.getAsJsonArray("samples");
        JsonElement last = samples.get(samples.size() - 1);
        return last.getAsJsonObject().getAsJsonArray("texts").get(0).getAsString();
    }

    @Test
    void aRunThatIsGoneOnWithShowsAllItsLosses() throws IOException {
        Path run = dir.resolve("run");
        Outcome.run("train --model mlp --max-steps 6 --work-dir %s", run);
        JsonObject data = reported("train --resume --max-steps 9 --work-dir %s", run);
        assertEquals(6, data.get("firstStep").getAsInt());
        float[] kept = RunFiles.losses(run);
        assertEquals(9, losses(data).size());
        for (int i = 0; i < 9; i++) {
            assertEquals(kept[i], losses(data).get(i).getAsFloat(), 1e-4);
        }
    }

    /** The numbers are kept without a report too, and are what runs are compared by. */
    @Test
    void runsAreComparedByTheNumbersInTheirFolders() throws IOException {
        Path one = dir.resolve("one");
        Path two = dir.resolve("two");
        Outcome.run("train --model mlp --max-steps 6 --work-dir %s", one);
        Outcome.run("train --model mlp --max-steps 7 --work-dir %s", two);
        List<String> lines = Files.readAllLines(one.resolve("metrics.csv"));
        assertEquals("step,name,value", lines.get(0));
        int last = lines.indexOf("5,train/loss," + RunFiles.losses(one)[5]);
        assertEquals("5,learning rate,0.01", lines.get(last + 1));
        assertTrue(lines.get(lines.size() - 1).startsWith("6,"), lines.toString());
        Path page = dir.resolve("both.html");
        Outcome compared = Outcome.ok("report %s %s --out %s", one, two, page);
        assertEquals("the report is in " + page + "\n", compared.out());
        String html = Files.readString(page);
        assertTrue(html.contains("\"title\":\"one\"") && html.contains("\"title\":\"two\""));
        assertTrue(html.contains("\"optimizer.kind\":\"SGD\""), "no JSON in a cell");
        assertTrue(html.contains("\"maxSteps\":\"6\"") && html.contains("\"maxSteps\":\"7\""));
    }

    @Test
    void aTrainingThatFailsLeavesItsReport() throws IOException {
        Path file = dir.resolve("bad.html");
        Outcome outcome =
                Outcome.run(
                        "train --model transformer --optimizer sgd --lr 1e6 --max-steps 100"
                                + " --work-dir %s --report %s",
                        dir.resolve("run"), file);
        assertEquals(CommandLines.USAGE, outcome.exitCode(), outcome.out());
        assertContains(outcome.err(), "transformer stopped at step ");
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(Files.readString(file).contains("\"state\":\"STOPPED\""), "the report");
    }

    @Test
    void aGptIsReported() throws IOException {
        JsonObject data =
                reported(
                        "train --stage G4 --max-steps 8 --eval-interval 4 --eval-iters 1 --work-dir"
                                + " %s",
                        dir.resolve("gpt"));
        assertEquals(List.of("dev/loss"), names(data, "dev"));
        assertEquals(8, losses(data).size());
        assertEquals(List.of("update ratio/lm_head.weight"), names(data, "update ratio/lm_head"));
        assertEquals(5, data.getAsJsonArray("samples").size());
        assertEquals(300, lastSample(data).length());
    }

    @Test
    void moonsAreReported() throws IOException {
        JsonObject data = reported("micrograd moons --max-steps 5 --points 20");
        assertEquals("337", data.getAsJsonObject("results").get("parameters").getAsString());
        assertEquals(
                List.of("update ratio/layer 0", "update ratio/layer 1", "update ratio/layer 2"),
                names(data, "update ratio"));
    }

    @Test
    void mistakesAreSaidBeforeAnythingIsTrained() throws IOException {
        Path run = dir.resolve("run");
        Path folder = Files.createDirectory(dir.resolve("folder.html"));
        Outcome.run("ninja --report %s", folder)
                .assertMistake("the report cannot be written to " + folder + ": it is a folder");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            Outcome.run("train --work-dir %s --serve %s", run, port)
                    .assertMistake(
                            "port "
                                    + port
                                    + " cannot be used (Address already in use); give another to"
                                    + " --serve, or 0 for any free one");
        }
        assertFalse(Files.exists(run), "a run was begun");
    }

    @Test
    void theServerEndsWithTheTraining() {
        Outcome outcome =
                Outcome.ok(
                        "train --model mlp --max-steps 1 --work-dir %s --serve 0",
                        dir.resolve("run"));
        Matcher address =
                Pattern.compile(
                                "watch the training at (http://127\\.0\\.0\\.1:\\d+/), which ends"
                                        + " with it\n")
                        .matcher(outcome.out());
        assertTrue(address.find(), outcome.out());
        int port = URI.create(address.group(1)).getPort();
        assertThrows(
                ConnectException.class,
                () -> new Socket(InetAddress.getLoopbackAddress(), port).close());
    }
}
