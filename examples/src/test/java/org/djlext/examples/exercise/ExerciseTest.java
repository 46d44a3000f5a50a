/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.exercise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.examples.JavaPrograms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each exercise as it is given, solved, and with each step wrong once. */
class ExerciseTest {

    private static final Pattern STEP =
            Pattern.compile("(?:NDArray|Double) (\\w+) = ([^;]*);\n\\s*cmp\\.check\\(\"(\\w+)\"");

    private static final String BROADCAST =
            "| summed over axis %d it agrees, where forward has broadcast";
    private static final String TERM =
            "| a term of the shape (%s) is missing, or one too many: the difference is the same"
                    + " along axis %d";
    private static final String FACTOR =
            "| a factor of the shape (%s) is missing, or one too many: the ratio is the same along"
                    + " axis %d";
    private static final String WRONG_AXIS =
            "| it is summed over axis %d, but should be over axis %d";
    private static final String SIGN = "| it is of the wrong sign everywhere";
    private static final String TIMES = "| it is %s times what it should be everywhere";
    private static final String TRANSPOSE = "| its transpose agrees";
    private static final String UPSTREAM = "| the gradient of %s is missing as a factor";
    private static final String BRANCH =
            "| a term is missing, or one too many: that with the gradient of %s";
    private static final String SHAPE = "| the numbers agree, only the shape does not";

    // Of each step: a mistake that people make, and the end of the line that says so.
    private static final String[][] NINJA = {
        {"logprobs", "yb.oneHot(27, DataType.FLOAT32).neg()", TIMES.formatted("32.0")},
        {"probs", "dlogprobs.div(probs).neg()", SIGN},
        {"counts_sum_inv", "counts.mul(dprobs)", BROADCAST.formatted(1)},
        {"counts_sum", "counts_sum.pow(-2).mul(dcounts_sum_inv)", SIGN},
        {"counts", "counts_sum_inv.mul(dprobs)", TERM.formatted("32, 1", 1)},
        {"norm_logits", "probs.mul(dcounts)", FACTOR.formatted("32, 1", 1)},
        {"logit_maxes", "dnorm_logits.neg().sum(rows, true)", WRONG_AXIS.formatted(0, 1)},
        {"logits", "dnorm_logits.neg()", SIGN},
        {"h", "W2.matMul(dlogits.transpose())", TRANSPOSE},
        {"W2", "dlogits.transpose().matMul(h)", TRANSPOSE},
        {"b2", "dlogits", BROADCAST.formatted(0)},
        {"hpreact", "h.mul(h).neg().add(1)", UPSTREAM.formatted("h")},
        {"bngain", "bnraw.mul(dhpreact).sum(columns, true)", WRONG_AXIS.formatted(1, 0)},
        {"bnbias", "dhpreact.sum(rows)", SHAPE},
        {"bnraw", "dhpreact", FACTOR.formatted("1, 64", 0)},
        {"bnvar_inv", "bndiff.mul(dbnraw)", BROADCAST.formatted(0)},
        {"bnvar", "bnvar.add(1e-5).pow(-1.5).mul(dbnvar_inv)", TIMES.formatted("-2.0")},
        {"bndiff2", "bndiff2.onesLike().mul(1.0 / n).mul(dbnvar)", TIMES.formatted("0.9688")},
        {"bndiff", "bnvar_inv.mul(dbnraw)", BRANCH.formatted("bndiff2")},
        {"bnmeani", "dbndiff.sum(rows, true)", SIGN},
        {"hprebn", "dbndiff", TERM.formatted("1, 64", 0)},
        {"embcat", "W1.matMul(dhprebn.transpose())", TRANSPOSE},
        {"W1", "embcat.transpose().matMul(dhprebn).div(n)", TIMES.formatted("1/32")},
        {"b1", "dhprebn.sum(columns)", "| shape: (32), should be (64)"},
        {"emb", "dembcat", SHAPE},
        {
            "C",
            "xb.flatten().oneHot(27, DataType.FLOAT32).transpose().matMul(demb.reshape(-1,"
                    + " 10)).div(3)",
            TIMES.formatted("1/3")
        },
    };

    private final Path dir;

    ExerciseTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** The gradients of a program by the names of their steps. */
    private static Map<String, String> steps(String program) {
        Map<String, String> steps = new LinkedHashMap<>();
        Matcher matcher = STEP.matcher(program);
        while (matcher.find()) {
            steps.put(matcher.group(3), matcher.group(2));
        }
        return steps;
    }

    /** Returns a program with another gradient at one step. */
    private static String with(String program, String step, String gradient) {
        Matcher matcher = STEP.matcher(program);
        while (matcher.find()) {
            if (matcher.group(3).equals(step)) {
                return program.substring(0, matcher.start(2))
                        + gradient
                        + program.substring(matcher.end(2));
            }
        }
        throw new IllegalArgumentException(step);
    }

    /** Compiles programs, each in a folder of its own, at once, and runs them. */
    private List<String> run(Exercise exercise, List<String> programs, String... args)
            throws IOException, ReflectiveOperationException {
        String name = Path.of(exercise.program()).getFileName().toString().replace(".java", "");
        List<Path> sources = new ArrayList<>();
        for (int i = 0; i < programs.size(); i++) {
            Path source = Files.createDirectories(dir.resolve("p" + i)).resolve(name + ".java");
            sources.add(Files.writeString(source, "package p" + i + ";\n" + programs.get(i)));
        }
        JavaPrograms.compile(dir, sources);
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < programs.size(); i++) {
            outputs.add(JavaPrograms.run(dir, "p" + i + "." + name, args));
        }
        return outputs;
    }

    @ParameterizedTest
    @EnumSource(Exercise.class)
    void whatIsGivenAsksForTheFirstAndTheSolutionSolvesAll(Exercise exercise)
            throws IOException, ReflectiveOperationException {
        Map<String, String> steps = steps(exercise.solution());
        String first = steps.keySet().iterator().next();
        List<String> outputs = run(exercise, List.of(exercise.workbook(), exercise.solution()));
        assertEquals(
                String.format("%-15s", first)
                        + " | YOUR CODE HERE; for a hint run again with --hint "
                        + first
                        + "\n0 of "
                        + steps.size()
                        + " gradients are right\n",
                outputs.get(0));
        assertEquals(
                steps.size(),
                outputs.get(1).lines().filter(l -> l.contains("approximate: True")).count(),
                outputs.get(1));
        assertTrue(
                outputs.get(1)
                        .endsWith(steps.size() + " of " + steps.size() + " gradients are right\n"),
                outputs.get(1));
        for (String gradient :
                steps(exercise.workbook().replace(" // YOUR CODE HERE", "")).values()) {
            assertEquals("null", gradient);
        }
    }

    @Test
    void everyStepOfTheNetworkIsToldWhatIsOff() throws IOException, ReflectiveOperationException {
        String solution = Exercise.NINJA.solution();
        assertEquals(steps(solution).size(), NINJA.length);
        List<String> programs = new ArrayList<>();
        for (String[] mistake : NINJA) {
            programs.add(with(solution, mistake[0], mistake[1]));
        }
        List<String> outputs = run(Exercise.NINJA, programs);
        for (int i = 0; i < NINJA.length; i++) {
            String step = NINJA[i][0];
            List<String> lines = outputs.get(i).lines().toList();
            assertEquals(i + 3, lines.size(), outputs.get(i));
            String row = lines.get(i);
            assertTrue(row.startsWith(step + " ") && row.contains("approximate: False"), row);
            assertTrue(row.endsWith(NINJA[i][2]), row);
            assertEquals(
                    step + " is not right yet; for a hint run again with --hint " + step,
                    lines.get(i + 1));
            assertEquals(i + " of 26 gradients are right", lines.get(i + 2));
        }
    }

    @Test
    void everyStepOfTheNeuronIsCheckedAndTheSignIsSaid()
            throws IOException, ReflectiveOperationException {
        String solution = Exercise.MICROGRAD.solution();
        List<String> programs = new ArrayList<>();
        Map<String, String> steps = steps(solution);
        steps.forEach(
                (step, gradient) ->
                        programs.add(
                                with(
                                        solution,
                                        step,
                                        step.equals("w2") ? "1.0" : "-(" + gradient + ")")));
        List<String> outputs = run(Exercise.MICROGRAD, programs);
        int i = 0;
        for (String step : steps.keySet()) {
            String row = outputs.get(i).lines().toList().get(i);
            assertTrue(row.startsWith(step + " ") && row.contains("approximate: False"), row);
            assertTrue(step.equals("w2") || row.endsWith(" | it is of the wrong sign"), row);
            i++;
        }
        assertEquals(17, i);
    }

    @Test
    void shapesThatDoNotFitAreSaidWithTheStepBefore()
            throws IOException, ReflectiveOperationException {
        String program = with(Exercise.NINJA.solution(), "h", "dlogits.matMul(W2)");
        String output = run(Exercise.NINJA, List.of(program)).get(0);
        assertTrue(
                output.contains(
                        "\nafter logits an operation failed: mat1 and mat2 shapes cannot be"
                                + " multiplied (32x27 and 64x27)"),
                output);
        assertTrue(output.endsWith("8 of 26 gradients are right\n"), output);
    }

    @Test
    void hintsOpenOneByOne() throws IOException, ReflectiveOperationException {
        List<String> given = List.of(Exercise.NINJA.workbook());
        assertEquals(
                List.of(
                        "hint 1 of 2: logprobs = log(probs), element by element. What is the"
                                + " derivative of log(x)?\nfor the next: --hint probs 2\n"),
                run(Exercise.NINJA, given, "--hint", "probs"));
        String last = run(Exercise.NINJA, given, "--hint", "probs", "2").get(0);
        assertTrue(last.startsWith("hint 2 of 2: "), last);
        assertEquals(
                List.of("probs has hints 1 to 2, but not 3\n"),
                run(Exercise.NINJA, given, "--hint", "probs", "3"));
        String none = run(Exercise.NINJA, given, "--hint", "w2").get(0);
        assertTrue(none.startsWith("a step is one of logprobs, probs, "), none);
        assertTrue(none.endsWith(", C, but got w2\n"), none);
        String args = run(Exercise.NINJA, given, "probs").get(0);
        assertTrue(args.endsWith("--hint logprobs 1, but got probs\n"), args);
    }
}
