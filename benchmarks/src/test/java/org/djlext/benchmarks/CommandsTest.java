/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
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

    static Stream<Benchmark> commands() {
        return Stream.concat(
                commandsWithRounds(), Stream.of(new MemoryOfTraining(), new ParallelCost()));
    }

    static Stream<Benchmark> commandsWithRounds() {
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

    private void execute(int code, Benchmark command, String line) {
        int got =
                command.commandLine()
                        .setOut(new PrintWriter(printed))
                        .setErr(new PrintWriter(mistakes))
                        .execute(line.strip().split(" ", -1));
        assertEquals(code, got, () -> printed.toString() + mistakes);
    }

    /** Runs a command that makes no mistake, and returns what it prints. */
    private String ok(Benchmark command, String line) {
        execute(0, command, line);
        return printed.toString();
    }

    /** Runs a command that refuses its arguments, and returns the sentence that says why. */
    private String mistake(Benchmark command, String line) {
        execute(CommandLine.ExitCode.USAGE, command, line);
        return mistakes.toString().lines().findFirst().orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpIsNoFolderAndNoNumber(Benchmark command) {
        String help = ok(command, "--help");
        assertTrue(help.startsWith("Usage: " + command.getClass().getSimpleName() + " "), help);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void whatIsNoOptionIsRefused(Benchmark command) {
        String mistake = mistake(command, "results");
        assertContains(mistake, "'results'");
    }

    @ParameterizedTest
    @MethodSource("commandsWithRounds")
    void roundsAreOneAtLeast(Benchmark command) {
        assertEquals("--rounds must be at least 1, but is 0", mistake(command, "--rounds 0"));
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
    void aChoiceIsOneOfThoseThatThereAre(Benchmark command, String option, String first) {
        String mistake = mistake(command, option + " lstm");
        assertContains(mistake, option + " must be one of [" + first);
        assertTrue(mistake.endsWith("but is 'lstm'"), mistake);
    }

    @Test
    void gradientsAreOneOfThree() {
        String mistake = mistake(new Growth(), "--gradients guessed");
        assertContains(mistake, "[COMPILED, MANUAL, ENGINE]", "'guessed'");
    }

    /** What each prints where there is no Python, as a pattern of a part. */
    static Stream<Arguments> sidesOfOurs() {
        String threeWays =
                "differ by at most.*\\| compiled steps \\|.*\\| EasyTrain, compiled steps";
        String moons =
                "losses of 3 steps, [0-9.]+ to 0.7429, differ.*tape.*graph each step.*1,000,000 nodes";
        String allPass = "(## [a-z]+ 4 8 fast.*){2}";
        return Stream.of(
                Arguments.of(new SideBySide(), "--case mlp-32-200", threeWays),
                Arguments.of(new SideBySide(), "--case gpt-draw-64", "64 tokens.*\\| cached \\|"),
                Arguments.of(new MicrogradBenchmark(), "", moons),
                Arguments.of(new NodeCost(), "", "(32x200 \\|.*){3}of a copy"),
                Arguments.of(new GradCheckSpeed(), "", allPass));
    }

    @ParameterizedTest
    @MethodSource("sidesOfOurs")
    void runsWithoutPythonAndSaysSo(Benchmark command, String options, String expected) {
        String out = ok(command, "--quick --python no-such-python " + options);
        assertTrue(out.matches("(?s).*Python is left out: .*" + expected + ".*"), out);
    }

    @Test
    @EnabledOnOs(OS.LINUX) // whose memory is read
    void operationsAreMeasuredAndPrinted() {
        String table = ok(new OperationsSuite(), "--quick --operation=tanh --operation=batch_norm");
        String figures =
                " \\| 32x200( \\| [0-9]+\\.[0-9]+){3} \\([0-9. to]+\\)( \\| [0-9]+){2} \\|\\R.*";
        assertTrue(table.matches("(?s).*\\| tanh" + figures), table);
        assertTrue(table.matches("(?s).*\\| batch norm" + figures), table);
    }

    @Test
    void costOfProcessesIsATable() {
        String table =
                ok(
                        new ParallelCost(),
                        "--model=mine:1e6:10:0:1 --network=slow:0:0.032 --processes=1,2"
                                + " --average-every=100");
        // 10 ms alone; two take 5 ms and a hundredth of a second for 4 MB at 4 MB a second.
        assertTrue(table.endsWith("| mine | 1,000,000 | 10.00 | 100, 33 |\n"), table);
        String refused = mistake(new ParallelCost(), "--model=mine:1e6:x:0:1");
        assertTrue(refused.endsWith("but got mine:1e6:x:0:1"), refused);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void oneProcessIsMeasuredBesideTwo() {
        String out = ok(new ParallelSpeed(), "--quick --case=wavenet");
        List<Double> losses =
                Pattern.compile("(?m)^\\| [12] \\| (?:8|32|64) .* (\\S+) \\|$")
                        .matcher(out)
                        .results()
                        .map(row -> Double.valueOf(row.group(1)))
                        .toList();
        assertEquals(4, losses.size(), out);
        // Of 2,000 steps; it begins with the logarithm of 27.
        losses.forEach(loss -> assertTrue(loss > 2 && loss < 2.8, out));
        assertEquals(losses.get(0), losses.get(2), 0.1);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aRunThatFailsIsToldInItsOwnWordsAndLeavesNothing(@TempDir Path dir) throws IOException {
        Path jar = Files.writeString(dir.resolve("no.jar"), "no jar");
        List<Path> before = folders();
        execute(1, new MemoryOfTraining(), "--jar " + jar + " --main ninja --steps 2000");
        assertContains(mistakes.toString(), "ended with code 1, too early", "no.jar");
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
