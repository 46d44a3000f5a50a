/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    private final Path dir;

    VerifyCommandTest(@TempDir Path dir) {
        this.dir = dir;
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

    /** What is another in the file, and what is said of it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "relu | conv2d | ops.conv2d is no operation that is known here; known are"
                        + " batchnorm, causal_attention, cross_entropy,",
                "[3], \"data\": [0, 2 | [1, 3], \"data\": [0, 2 | ops.relu.output must be float64 of"
                        + " shape (3) like what the operation computes, but is float64 of shape"
                        + " (1, 3)",
                "float64\", \"shape\": [3], \"data\": [0, 7 | float32\", \"shape\": [3], \"data\": [0, 7"
                        + " | ops.relu.grad_inputs.x must be float64 of shape (3) like the input, but"
                        + " is float32 of shape (3)",
                "relu | linear | ops.linear.inputs: it must have \"w\", but has [x]",
            })
    void aFileThatDoesNotFitIsToldInASentence(String part, String spoilt, String message)
            throws IOException {
        assertTrue(RELU.contains(part));
        verify(file(RELU.replace(part, spoilt))).assertMistake("f.json: " + message);
    }

    @Test
    void inputsThatTheOperationRefusesAreItsSentence() throws IOException {
        String text = Files.readString(OPS, StandardCharsets.UTF_8);
        int at = text.indexOf("\"embedding_repeated\"");
        String floatIndex =
                text.substring(0, at) + text.substring(at).replaceFirst("int64", "float64");
        verify(file(floatIndex))
                .assertMistake(
                        "ops.embedding_repeated does not run: embedding takes indices of an integer"
                                + " type, but got float64");
    }
}
