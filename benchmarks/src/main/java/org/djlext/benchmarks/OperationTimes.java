/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;

/** What JMH measured, with both versions of an operation in one row. */
final class OperationTimes {

    private final Map<String, Row> rows = new LinkedHashMap<>();

    /**
     * A row.
     *
     * @param operation its name
     * @param size rows and columns
     * @param byHand microseconds
     * @param engine microseconds
     */
    record Row(String operation, String size, double byHand, double engine) {}

    /** Sorts results of {@link OperationsBenchmark}. */
    OperationTimes(Collection<RunResult> results) {
        for (RunResult result : results) {
            String operation = result.getParams().getParam("operation");
            String size = result.getParams().getParam("size");
            double score = result.getPrimaryResult().getScore();
            boolean byHand = result.getPrimaryResult().getLabel().equals("byHand");
            Row row =
                    byHand
                            ? new Row(name(operation), size, score, Double.NaN)
                            : new Row(name(operation), size, Double.NaN, score);
            rows.merge(operation + size, row, OperationTimes::both);
        }
    }

    private static Row both(Row a, Row b) {
        return new Row(
                a.operation,
                a.size,
                Double.isNaN(a.byHand) ? b.byHand : a.byHand,
                Double.isNaN(a.engine) ? b.engine : a.engine);
    }

    private static String name(String constant) {
        return constant.toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    List<Row> rows() {
        return List.copyOf(rows.values());
    }
}
