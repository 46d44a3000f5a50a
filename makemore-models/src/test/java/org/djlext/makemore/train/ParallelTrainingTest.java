/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.djlext.makemore.launch.LocalRanks;
import org.djlext.makemore.launch.RankProcess;
import org.djlext.makemore.train.ParallelRun.Case;
import org.djlext.makemore.train.ParallelRun.Result;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two and four processes against one, on the same mini-batches. */
@EnabledOnOs(OS.LINUX)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ParallelTrainingTest {

    private static final Case[] OF_FOUR = {Case.MLP, Case.RESUMED, Case.WAVENET};
    private final Map<Case, Result> alone = new EnumMap<>(Case.class);

    private Path checkpoint = Path.of("");
    private List<List<String>> two = List.of();
    private List<List<String>> four = List.of();

    @BeforeAll
    void train(@TempDir Path dir) throws Exception {
        checkpoint = dir.resolve("half.safetensors");
        try (NDManager manager = NDManager.newBaseManager();
                Training half = ParallelRun.start(manager, Case.TRANSFORMER, TrainingRanks.ALONE)) {
            while (half.stepsDone() < 90) {
                half.steps(90 - half.stepsDone());
            }
            half.write(checkpoint);
        }
        two = ranks(2, Case.values());
        four = ranks(4, OF_FOUR);
    }

    /** Returns the lines of all ranks. */
    private List<List<String>> ranks(int size, Case... cases) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(checkpoint.toString()));
        Arrays.stream(cases).map(Case::name).forEach(arguments::add);
        RankProcess.Program program =
                new RankProcess.Program(
                        ParallelRun.class.getName(), arguments, List.of("-Xmx512m"), Map.of());
        List<List<String>> lines =
                Stream.generate(() -> Collections.synchronizedList(new ArrayList<String>()))
                        .limit(size)
                        .toList();
        try (LocalRanks ranks =
                new LocalRanks(program, size, (rank, isError, line) -> lines.get(rank).add(line))) {
            assertNull(ranks.await(), () -> lines.toString());
        }
        return lines;
    }

    /** The result of all ranks, whose losses and parameters are the same bit for bit. */
    private static Result result(List<List<String>> ranks, Case what) {
        Result first = parse(ranks.get(0), what);
        for (List<String> rank : ranks) {
            Result other = parse(rank, what);
            assertEquals(first, other);
        }
        assertEquals(ParallelRun.STEPS, first.losses().size());
        return first;
    }

    private static Result parse(List<String> lines, Case what) {
        return lines.stream()
                .filter(line -> line.startsWith(what + ";"))
                .findFirst()
                .map(Result::parse)
                .orElseThrow(() -> new AssertionError(lines));
    }

    private Result alone(Case what) {
        return alone.computeIfAbsent(
                what, each -> ParallelRun.run(each, checkpoint, TrainingRanks.ALONE));
    }

    private static double distance(List<Float> a, List<Float> b) {
        assertEquals(a.size(), b.size());
        double distance = 0;
        for (int i = 0; i < a.size(); i++) {
            distance = Math.max(distance, Math.abs((double) a.get(i) - b.get(i)));
        }
        return distance;
    }

    @ParameterizedTest
    @CsvSource({
        "2, MLP, 1e-6",
        "2, GPT, 1e-6",
        "2, TRANSFORMER, 1e-6",
        "2, ACCUMULATED, 1e-6",
        "2, RESUMED, 1e-6",
        "2, WAVENET, 1e-5",
        "4, MLP, 1e-6",
        "4, RESUMED, 1e-6",
        "4, WAVENET, 1e-5"
    })
    void ranksTrainAsOneProcess(int size, Case what, double tolerance) {
        Result alone = alone(what);
        Result ranks = result(size == 2 ? two : four, what);
        double distance = distance(alone.losses(), ranks.losses());
        System.out.printf(Locale.ROOT, "%d ranks, %s: %.1e%n", size, what, distance);
        assertTrue(distance <= tolerance, "losses differ by " + distance);
        assertEquals(alone.devLoss(), ranks.devLoss(), 10 * tolerance);
    }

    @Test
    void whatIsNotEqualStillTrains() {
        for (Case what : new Case[] {Case.OWN_BATCH_NORM, Case.AVERAGED, Case.DROPOUT}) {
            Result alone = alone(what);
            Result ranks = result(two, what);
            assertNotEquals(0, distance(alone.losses(), ranks.losses()));
            assertEquals(alone.devLoss(), ranks.devLoss(), 0.1, what.name());
        }
    }

    @Test
    void optionsThatDoNotFitAreRefused() {
        assertRefused(
                "parameters are averaged every 1 step or more, but got 0",
                () -> new TrainingRanks(null, false, 0));
        assertRefused(
                "batch norm over all ranks needs ranks that reduce in each step, but parameters are"
                        + " averaged every 2 steps; choose one of both",
                () -> new TrainingRanks(null, true, 2));
    }
}
