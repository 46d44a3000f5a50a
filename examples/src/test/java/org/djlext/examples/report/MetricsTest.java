/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.djlext.makemore.data.DataFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // JUnit sets the folder
class MetricsTest {

    @TempDir Path dir;

    @Test
    void aShortSeriesHasAPointAStep() {
        Series series = new Series();
        for (int i = 0; i < 5; i++) {
            series.add(10 + i, i * i);
        }
        assertEquals(
                new Series.Points(
                        List.of(10, 11, 12, 13, 14),
                        List.of(0.0, 1.0, 4.0, 9.0, 16.0),
                        null,
                        null,
                        1),
                series.points());
    }

    @Test
    void aLongSeriesLosesNoSpikeAndKeepsItsMeans() {
        Random random = new Random(1);
        Series series = new Series();
        float[] losses = new float[123_457];
        for (int i = 0; i < losses.length; i++) {
            losses[i] = 2 + (float) random.nextGaussian() / 10;
        }
        losses[77_777] = 50;
        losses[99_999] = -50;
        for (int i = 0; i < losses.length; i++) {
            series.add(i, losses[i]);
        }
        Series.Points points = series.points();
        assertEquals(62, points.group());
        assertEquals(1992, points.step().size());
        assertEquals(50, Objects.requireNonNull(points.high()).get(77_777 / 62));
        assertEquals(-50, Objects.requireNonNull(points.low()).get(99_999 / 62));
        assertEquals(losses.length - 1, points.step().get(1991));
        double sum = 0;
        for (int i = 500 * 62; i < 501 * 62; i++) {
            sum += losses[i];
        }
        assertEquals(sum / 62, points.value().get(500), 1e-9);
    }

    /** The ends of a curve are where a mean of few losses misleads: 1999 here, and not 1949.5. */
    @Test
    void theHeadlineIsTheMeanOfAsManyLossesAsItSays() {
        Metrics metrics = new Metrics();
        for (int step = 0; step < 2000; step++) {
            metrics.add("train/loss", step, step);
        }
        assertEquals(Map.of("train/loss, mean of the last 100", "1949.5000"), metrics.headlines());
        Metrics few = new Metrics();
        few.add("train/loss", 0, 1);
        few.add("train/loss", 1, 4);
        few.add("dev/loss", 2, 3);
        assertEquals(
                Map.of("train/loss, mean of the last 2", "2.5000", "dev/loss", "3.0000"),
                few.headlines());
    }

    @Test
    void aRunThatIsResumedDropsWhatItDoesAgain() throws IOException {
        try (Metrics metrics = new Metrics()) {
            metrics.keepIn(dir, 0, Map.of("rate", "0.1"));
            metrics.add("train/loss", 0, 3.5f);
            metrics.add("learning rate", 0, 0.1f);
            metrics.add("dev/loss", 1, Float.NaN);
            metrics.add("train/loss", 1, 2.5f);
            metrics.add("learning rate", 1, 0.1f);
        }
        Path csv = dir.resolve("metrics.csv");
        String before = "step,name,value\n0,train/loss,3.5\n0,learning rate,0.1\n1,dev/loss,NaN\n";
        assertEquals(before + "1,train/loss,2.5\n1,learning rate,0.1\n", Files.readString(csv));
        try (Metrics resumed = new Metrics()) {
            resumed.keepIn(dir, 1, Map.of("rate", "<0.2>"));
            resumed.add("train/loss", 1, 2);
            assertEquals(2, resumed.stepsDone());
        }
        assertEquals(before + "1,train/loss,2.0\n", Files.readString(csv));
        assertEquals(2, eventFiles(), "one for each process");
        assertEquals(Map.of("rate", "<0.2>"), MetricFiles.readSettings(dir));
        Files.writeString(csv, Files.readString(csv) + "2,train/lo"); // the process was killed
        assertEquals(2, Metrics.read(dir).stepsDone());
        try (Metrics anew = new Metrics()) {
            anew.keepIn(dir, 0, Map.of("rate", "0.1"));
        }
        assertEquals("step,name,value\n", Files.readString(csv));
        assertEquals(1, eventFiles());
    }

    private long eventFiles() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(file -> file.toString().contains("tfevents")).count();
        }
    }

    @Test
    void mistakesAreSaid() throws IOException {
        Metrics metrics = new Metrics();
        metrics.add("train/loss", 3, 1);
        assertRefused(
                "steps must not go back, but step 2 comes after step 3",
                () -> metrics.add("train/loss", 2, 1));
        assertThrows(IllegalArgumentException.class, () -> metrics.add("a,b", 0, 1));
        assertEquals(Map.of(), MetricFiles.readSettings(dir));
        Path settings = Files.writeString(dir.resolve("settings.json"), "[1]");
        assertFailsSaying(
                DataFileException.class,
                () -> MetricFiles.readSettings(dir),
                settings + " must be a JSON object of texts: ");
        Path csv = dir.resolve("metrics.csv");
        for (String line : List.of("1,train/loss", "x,train/loss,1", "1,train/loss,", "")) {
            Files.writeString(csv, "step,name,value\n0,train/loss,1\n" + line + "\n0,a,1\n");
            assertFails(
                    DataFileException.class,
                    csv
                            + ", line 3 must be step,name,value, with steps in order, but is '"
                            + line
                            + "'",
                    () -> Metrics.read(dir));
        }
    }
}
