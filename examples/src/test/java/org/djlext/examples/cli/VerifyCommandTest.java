/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The verify command on PyTorch's numbers, on wrong ones, and on files that cannot be used. */
class VerifyCommandTest {

    private static final Path OPS =
            Path.of("..", "djl-extensions", "src", "test", "resources", "golden", "ops.json");

    private static final String RELU =
            "{\"ops\": {\"relu\": {\"params\": {}, \"inputs\": {\"x\": {\"dtype\": \"float64\","
                + " \"shape\": [3], \"data\": [-1, 2, 3]}}, \"output\": {\"dtype\": \"float64\","
                + " \"shape\": [3], \"data\": [0, 2, 3]}, \"grad_output\": {\"dtype\": \"float64\","
                + " \"shape\": [3], \"data\": [5, 7, 9]}, \"grad_inputs\": {\"x\": {\"dtype\":"
                + " \"float64\", \"shape\": [3], \"data\": [0, 7, 9]}}}}}";

    private Path dir;

    @BeforeEach
    void open(@TempDir Path temporary) {
        dir = temporary;
    }

    private static Outcome verify(Object... args) {
        return Outcome.of(Stream.concat(Stream.of("verify"), Stream.of(args)).toArray());
    }

    private Path file(String text) throws IOException {
        return Files.writeString(dir.resolve("f.json"), text);
    }

    @Test
    void allOperationsAreWithinABillionth() {
        Outcome outcome = verify(OPS);
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertTrue(
                outcome.out()
                        .endsWith(
                                "ops.json: 16 operations, 45 tensors, rtol 1.0E-9, atol 1.0E-12:"
                                        + " all within tolerance\n"),
                outcome.out());
        assertEquals(
                45, outcome.out().lines().filter(l -> l.contains("approximate: True")).count());
        assertTrue(outcome.out().contains("\nlinear\noutput          | exact: "), outcome.out());
    }

    @Test
    void wrongNumberIsExitCodeOneAndIsShown() throws IOException {
        assertEquals(0, verify(file(RELU)).exitCode());
        Outcome outcome = verify(OPS, file(RELU.replace("[0, 7, 9]", "[0, 7, 9.001]")));
        assertEquals(1, outcome.exitCode());
        assertTrue(
                outcome.out()
                        .contains(
                                "approximate: False | maxdiff: 0.0009999999999994458 | worst at"
                                        + " [2]: 9.0, should be 9.001"),
                outcome.out());
        assertTrue(outcome.out().endsWith("1 outside: relu\n"), outcome.out());
        assertEquals(1, verify(file(RELU.replace("[0, 7, 9]", "[0, 7, NaN]"))).exitCode());
        Path close = file(RELU.replace("[0, 7, 9]", "[0, 7, 9.001]"));
        assertEquals(0, verify(close, "--rtol", "1e-3").exitCode());
        assertEquals(0, verify(close, "--rtol", "0", "--atol", "0.002").exitCode());
    }

    @Test
    void mistakesAreToldInOneSentence() throws IOException {
        assertMistake("the reference file none.json does not exist", Path.of("none.json"));
        assertMistake("Missing required parameter: 'FILE'");
        assertMistake("--rtol and --atol must not be negative", OPS, "--rtol", "-1");
        assertMistake("is a directory; give a file", dir);
        Path binary = Files.write(dir.resolve("b.json"), new byte[] {(byte) 0xff, 0});
        assertMistake("must be text in UTF-8, but is not", binary);
        assertMistake("f.json: it is not JSON: ", file(RELU.substring(0, 60)));
        assertMistake("f.json: it must be a JSON object, but is a list", file("[1]"));
        assertMistake(
                "f.json: must have \"ops\" or \"model\", but has [X]", file("{\"X\": \"gpt\"}"));
        assertMistake(
                "f.json: ops.conv2d is no operation that is known here; known are batchnorm,"
                        + " causal_attention, cross_entropy,",
                file(RELU.replace("relu", "conv2d")));
        assertMistake(
                "f.json: ops.relu.output must be float64 of shape (3) like what the operation"
                        + " computes, but is float64 of shape (1, 3)",
                file(RELU.replace("[3], \"data\": [0, 2", "[1, 3], \"data\": [0, 2")));
        assertMistake(
                "f.json: ops.relu.grad_inputs.x must be float64 of shape (3) like the input, but is"
                        + " float32 of shape (3)",
                file(
                        RELU.replace(
                                "{\"x\": {\"dtype\": \"float64\", \"shape\": [3], \"data\": [0",
                                "{\"x\": {\"dtype\": \"float32\", \"shape\": [3], \"data\": [0")));
        assertMistake(
                "f.json: ops.relu.inputs.x.data must be 4 numbers for the shape (4), but is 3",
                file(RELU.replaceFirst("\\[3\\]", "[4]")));
        assertMistake(
                "ops.linear.inputs: it must have \"w\", but has [x]",
                file(RELU.replace("relu", "linear")));
    }

    @Test
    void inputsThatTheOperationRefusesAreItsSentence() throws IOException {
        String text = Files.readString(OPS, StandardCharsets.UTF_8);
        int at = text.indexOf("\"embedding_repeated\"");
        String floatIndex =
                text.substring(0, at) + text.substring(at).replaceFirst("int64", "float64");
        assertMistake(
                "ops.embedding_repeated does not run: embedding takes indices of an integer type,"
                        + " but got float64",
                file(floatIndex));
    }

    private static void assertMistake(String part, Object... args) {
        verify(args).assertMistake(part);
    }
}
