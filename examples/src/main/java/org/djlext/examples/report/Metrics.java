/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The numbers of a training by their names, step by step, and the files that they go to. */
final class Metrics implements AutoCloseable {

    /** The losses of mini-batches. */
    static final String TRAIN_LOSS = "train/loss";

    private static final int HEADLINE_STEPS = 100;

    private final Map<String, Series> series = new LinkedHashMap<>();
    private @Nullable MetricFiles files;

    /** Reads those of a run. */
    static Metrics read(Path folder) {
        Metrics metrics = new Metrics();
        MetricFiles.read(folder, Integer.MAX_VALUE, metrics::keep);
        return metrics;
    }

    /** Writes all that come into files too, and takes over what they have from before a step. */
    void keepIn(Path folder, int from, Map<String, String> settings) {
        files = new MetricFiles(folder, from, settings, this::keep);
    }

    void add(String name, int step, float value) {
        keep(name, step, value);
        if (files != null) {
            files.add(name, step, value);
        }
    }

    private void keep(String name, int step, float value) {
        Series known = series.get(name);
        if (known == null) {
            if (name.matches("(?s).*[,\"\\v].*")) {
                throw new IllegalArgumentException(
                        "the name of a metric must have no comma, quotation mark or line end, but"
                                + " is "
                                + name);
            }
            known = new Series();
            series.put(name, known);
        }
        known.add(step, value);
    }

    Map<String, Series> series() {
        return series;
    }

    /** Returns the number of mini-batches, those before this process included. */
    int stepsDone() {
        Series losses = series.get(TRAIN_LOSS);
        return losses == null ? 0 : losses.lastStep() + 1;
    }

    /** Returns the last losses; that of a single mini-batch says little, so a mean of many. */
    Map<String, String> headlines() {
        Map<String, String> headlines = new LinkedHashMap<>();
        series.forEach(
                (name, values) -> {
                    if (name.equals(TRAIN_LOSS)) {
                        int window = Math.min(HEADLINE_STEPS, values.size());
                        headlines.put(
                                "%s, mean of the last %d".formatted(name, window),
                                text(values.meanOfLast(window)));
                    } else if (name.matches(".+/(loss|evaluated)")) {
                        headlines.put(name, text(values.meanOfLast(1)));
                    }
                });
        return headlines;
    }

    private static String text(double loss) {
        return String.format(Locale.ROOT, "%.4f", loss);
    }

    @Override
    public void close() {
        if (files != null) {
            files.close();
            files = null;
        }
    }
}
