/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CommandsTest {

    private final StringWriter printed = new StringWriter();
    private final StringWriter mistakes = new StringWriter();

    static Stream<Object> commands() {
        return Stream.concat(commandsWithRounds(), Stream.of(new NamesGrowth()));
    }

    static Stream<Object> commandsWithRounds() {
        return Stream.of(
                new GptSideBySide(), new Growth(), new MicrogradBenchmark(), new SamplingSpeed());
    }

    static Stream<Object> commandsWithGradients() {
        return Stream.of(new Growth(), new NamesGrowth());
    }

    private int execute(Object command, String... args) {
        return new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(printed))
                .setErr(new PrintWriter(mistakes))
                .execute(args);
    }

    /** Runs a command that refuses its arguments, and returns the sentence that says why. */
    private String mistake(Object command, String... args) {
        assertEquals(CommandLine.ExitCode.USAGE, execute(command, args), mistakes::toString);
        return mistakes.toString().lines().findFirst().orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpIsNoFolderAndNoNumber(Object command) {
        assertEquals(0, execute(command, "--help"), mistakes::toString);
        String name = command.getClass().getSimpleName();
        assertTrue(printed.toString().startsWith("Usage: " + name + " "), printed::toString);
        assertFalse(printed.toString().contains("--names"), printed::toString);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void whatIsNoOptionIsRefused(Object command) {
        String mistake = mistake(command, "results");
        assertTrue(mistake.contains("'results'"), mistake);
    }

    @ParameterizedTest
    @MethodSource("commandsWithRounds")
    void roundsAreOneAtLeast(Object command) {
        assertEquals("--rounds must be at least 1, but is 0", mistake(command, "--rounds", "0"));
    }

    @Test
    void aModelIsOneOfTheModels() {
        String mistake = mistake(new SamplingSpeed(), "--model", "mlp", "--model", "lstm");
        assertTrue(mistake.contains("a model is one of bigram, mlp, "), mistake);
        assertTrue(mistake.endsWith("but got \"lstm\""), mistake);
    }

    @ParameterizedTest
    @MethodSource("commandsWithGradients")
    void gradientsAreOneOfThree(Object command) {
        String mistake = mistake(command, "--gradients", "guessed");
        assertTrue(mistake.contains("[FUSED, MANUAL, ENGINE]"), mistake);
        assertTrue(mistake.contains("'guessed'"), mistake);
    }
}
