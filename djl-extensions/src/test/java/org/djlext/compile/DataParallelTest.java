/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.djlext.compile.ParallelRun.Case;
import org.djlext.compile.ParallelRun.Result;
import org.djlext.testing.Command;
import org.djlext.testing.Ranks;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two and four processes against one, on the same global batches. */
@EnabledOnOs(OS.LINUX)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DataParallelTest {

    private static final Case[] OF_FOUR = {Case.SGD, Case.ADAMW, Case.BATCH_NORM, Case.RAGGED};

    private final Map<Case, Result> alone = new EnumMap<>(Case.class);
    private List<Command> two = List.of();
    private List<Command> four = List.of();

    @BeforeAll
    void train() throws Exception {
        two = ranks(2, Case.values());
        four = ranks(4, OF_FOUR);
    }

    private Result alone(Case what) {
        return alone.computeIfAbsent(what, each -> ParallelRun.run(each, null));
    }

    private static List<Command> ranks(int size, Case... cases) throws Exception {
        List<String> names = new ArrayList<>();
        for (Case each : cases) {
            names.add(each.name());
        }
        try (Ranks ranks = new Ranks(ParallelRun.class, size, names.toArray(String[]::new))) {
            return ranks.await();
        }
    }

    private static String line(Command rank, Case what) {
        return rank.output()
                .lines()
                .filter(line -> line.startsWith(what + ";"))
                .findFirst()
                .orElseThrow(() -> new AssertionError(rank.output()));
    }

    /** The results of all ranks, whose losses and parameters are the same bit for bit. */
    private static Result result(List<Command> ranks, Case what) {
        Result first = Result.parse(line(ranks.get(0), what));
        for (Command rank : ranks) {
            Result other = Result.parse(line(rank, what));
            assertEquals(first.losses(), other.losses());
            assertEquals(first.values(), other.values());
        }
        return first;
    }

    private static double distance(List<Double> a, List<Double> b) {
        assertEquals(a.size(), b.size());
        double distance = 0;
        for (int i = 0; i < a.size(); i++) {
            double each = Math.abs(a.get(i) - b.get(i));
            distance = each <= distance ? distance : each;
        }
        return distance;
    }

    @ParameterizedTest
    @CsvSource({
        "2, SGD, 1e-6",
        "2, ADAMW, 1e-6",
        "2, CLIPPED, 1e-6",
        "2, RAGGED, 1e-6",
        "2, TRAINER, 1e-6",
        "2, PLAIN, 1e-6",
        "2, BATCH_NORM, 1e-5",
        "4, SGD, 1e-6",
        "4, ADAMW, 1e-6",
        "4, RAGGED, 1e-6",
        "4, BATCH_NORM, 1e-5"
    })
    void ranksTrainAsOneProcess(int size, Case what, double tolerance) {
        Result alone = alone(what);
        Result ranks = result(size == 2 ? two : four, what);
        double distance = distance(alone.losses(), ranks.losses());
        assertEquals(200, ranks.losses().size());
        assertTrue(distance <= tolerance, "losses differ by " + distance);
        for (int i = 0; i < alone.values().size(); i++) {
            assertEquals(alone.values().get(i), ranks.values().get(i), 10 * tolerance);
        }
    }

    @Test
    void batchNormOfEachShardIsAnotherTraining() {
        Result alone = alone(Case.BATCH_NORM);
        Result own = result(two, Case.OWN_BATCH_NORM);
        double distance = distance(alone.losses(), own.losses());
        assertTrue(distance > 1e-3 && distance < 1, "losses differ by " + distance);
        assertTrue(
                line(two.get(0), Case.OWN_BATCH_NORM).length() > 0
                        && two.get(0).output().contains("each rank's own shard"),
                "the log says so");
        assertTrue(two.get(0).output().contains("over the batches of all ranks"));
    }

    @Test
    void lossThatIsNanOnOneRankEndsAllBeforeTheUpdate() {
        Result alone = alone(Case.NAN);
        Result ranks = result(two, Case.NAN);
        assertEquals(31, ranks.losses().size());
        assertTrue(Double.isNaN(ranks.losses().get(30)));
        for (int i = 0; i < alone.values().size(); i++) {
            assertEquals(alone.values().get(i), ranks.values().get(i), 1e-5);
        }
    }

    @Test
    void averagedParametersTrainToo() {
        Result alone = alone(Case.SGD);
        Result ranks = result(two, Case.AVERAGE);
        List<Double> losses = ranks.losses();
        assertEquals(200, losses.size());
        assertEquals(alone.losses().get(0), losses.get(0), 1e-6);
        assertNotEquals(alone.losses().get(1), losses.get(1), 1e-6);
        double distance = distance(alone.losses(), losses);
        assertTrue(distance < 0.2, "losses differ by " + distance);
        Result ended = result(two, Case.AVERAGE_NAN);
        assertEquals(31, ended.losses().size());
        for (float value : ended.values()) {
            assertTrue(Float.isFinite(value));
        }
    }

    @Test
    void stepSaysThatARankIsLost() {
        String said = line(two.get(0), Case.LOST);
        assertTrue(said.contains("rank 0 of 2 has lost a rank ("), said);
        assertEquals(0, two.get(0).exitCode());
        assertEquals(137, two.get(1).exitCode());
    }
}
