/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class CommandsTest {

    private final StringWriter printed = new StringWriter();
    private final StringWriter mistakes = new StringWriter();

    static Stream<Object> commands() {
        return Stream.concat(
                commandsWithRounds(), Stream.of(new MemoryOfTraining(), new ParallelCost()));
    }

    static Stream<Object> commandsWithRounds() {
        return Stream.of(
                new CheckpointMemory(),
                new GradCheckSpeed(),
                new Growth(),
                new MicrogradBenchmark(),
                new NodeCost(),
                new OperationsSuite(),
                new ParallelSpeed(),
                new SamplingSpeed(),
                new SideBySide());
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

    static Stream<Arguments> choices() {
        return Stream.of(
                Arguments.of(new SamplingSpeed(), "--model", "bigram, mlp, mlp-bn"),
                Arguments.of(new SideBySide(), "--case", "mlp-32-200, mlp-512-200"),
                Arguments.of(new Growth(), "--size", "batch, hidden, vocabulary, depth, names"),
                Arguments.of(new ParallelSpeed(), "--case", "gpt, wavenet"));
    }

    @ParameterizedTest
    @MethodSource("choices")
    void aChoiceIsOneOfThoseThatThereAre(Object command, String option, String first) {
        String mistake = mistake(command, option, "lstm");
        assertTrue(mistake.contains(option + " must be one of [" + first), mistake);
        assertTrue(mistake.endsWith("but is 'lstm'"), mistake);
    }

    @Test
    void gradientsAreOneOfThree() {
        String mistake = mistake(new Growth(), "--gradients", "guessed");
        assertTrue(mistake.contains("[COMPILED, MANUAL, ENGINE]"), mistake);
        assertTrue(mistake.contains("'guessed'"), mistake);
    }

    /** What each prints where there is no Python, as a pattern of a part. */
    static Stream<Arguments> sidesOfOurs() {
        return Stream.of(
                // Three ways of computing gradients, with the same losses.
                Arguments.of(
                        new SideBySide(),
                        "--quick --case mlp-32-200",
                        "Python is left out: .*differ by at most.*\\| compiled steps \\|.*"
                                + "\\| EasyTrain, compiled steps \\|.*"),
                Arguments.of(
                        new SideBySide(),
                        "--quick --case gpt-draw-64",
                        "Python is left out: .*64 tokens of the GPT.*\\| cached \\|.*"),
                Arguments.of(
                        new MicrogradBenchmark(),
                        "--quick",
                        "Python is left out: .*losses of 3 steps, [0-9.]+ to 0.7429, differ.*"
                                + "tape.*graph each step.*1,000,000 nodes"),
                Arguments.of(
                        new NodeCost(),
                        "--quick",
                        "Python is left out: .*(32x200 \\|.*){3}of a copy.*"),
                // All four checks pass.
                Arguments.of(
                        new GradCheckSpeed(),
                        "--quick",
                        "Python is left out: .*(## [a-z]+ 4 8 fast.*){2}"));
    }

    @ParameterizedTest
    @MethodSource("sidesOfOurs")
    void runsWithoutPythonAndSaysSo(Object command, String options, String expected) {
        String[] args = (options + " --python no-such-python").split(" ", -1);
        assertEquals(0, execute(command, args), printed::toString);
        assertTrue(printed.toString().matches("(?s).*" + expected + ".*"), printed::toString);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aRunThatFailsIsToldInItsOwnWordsAndLeavesNothing(@TempDir Path dir) throws IOException {
        Path jar = Files.writeString(dir.resolve("no.jar"), "no jar");
        List<Path> before = folders();
        assertEquals(
                1,
                execute(
                        new MemoryOfTraining(),
                        "--jar",
                        jar.toString(),
                        "--main",
                        "ninja",
                        "--steps",
                        "2000"));
        assertTrue(
                mistakes.toString().contains("ended with code 1, too early"), mistakes::toString);
        assertTrue(mistakes.toString().contains("no.jar"), mistakes::toString);
        assertFalse(mistakes.toString().contains("\tat "), mistakes::toString);
        assertEquals(before, folders());
    }

    private static List<Path> folders() throws IOException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (Stream<Path> all = Files.list(temporary)) {
            return all.filter(path -> path.toString().contains("memory-of-training"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpSaysWhatEachOptionIsFor(Object command) {
        CommandSpec spec = new CommandLine(command).getCommandSpec();
        assertTrue(spec.usageMessage().description().length > 0, spec.name());
        for (OptionSpec option : spec.options()) {
            assertTrue(option.description().length > 0, spec.name() + " " + option);
        }
    }
}
