/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static scala.jdk.javaapi.CollectionConverters.asJava;
import static scala.jdk.javaapi.CollectionConverters.asScala;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;

/**
 * How likely each name is under a model: a column of log-likelihoods beside the columns that are
 * there.
 *
 * <pre>{@code
 * SharedModel model = SharedModel.read(session, "runs/mlp/best.safetensors");
 * Dataset<Row> scored = NameScoring.score(session.read().parquet("names"), "name", model);
 * scored.agg(ExactSumAggregator.function().apply(col(NameScoring.COLUMN)));
 * }</pre>
 *
 * <p>The number of a name is the same, to the last bit, in whatever partition it is and among
 * whatever others, on processors of the same kind.
 */
public final class NameScoring {

    /** The column: the sum over a name's characters and its end, in nats; DOUBLE. */
    public static final String COLUMN = "log_likelihood";

    // How many rows a task holds, so that its memory does not grow with its partition.
    private static final int CHUNK = 4096;

    private NameScoring() {}

    /**
     * Adds the log-likelihoods of names. It is null for a name that is null, or that the model
     * cannot read, because it has a character that the vocabulary lacks or is too long. Spark's
     * pages show the accumulators "names read" and "names that the model cannot read" of the stage.
     *
     * @param names rows with a column of names
     * @param column the column, of type STRING
     * @param model the model
     * @return the rows with {@link #COLUMN} as their last column
     * @throws IllegalArgumentException if there is no such column, or {@link #COLUMN} is there
     */
    public static Dataset<Row> score(Dataset<Row> names, String column, SharedModel model) {
        StructType type = names.schema();
        int index = Tables.indexOfText(type, column);
        if (List.of(type.fieldNames()).contains(COLUMN)) {
            throw new IllegalArgumentException(
                    "the scores become a column "
                            + COLUMN
                            + ", but the rows have one already; drop or rename it");
        }
        SparkContext context = names.sparkSession().sparkContext();
        LongAccumulator read = context.longAccumulator("names read");
        LongAccumulator unreadable = context.longAccumulator("names that the model cannot read");
        return names.mapPartitions(
                (MapPartitionsFunction<Row, Row>)
                        rows -> {
                            NameScorer scorer = new NameScorer(model.saved());
                            return asJava(
                                    asScala(rows)
                                            .<Row>grouped(CHUNK)
                                            .<Row>flatMap(
                                                    chunk -> {
                                                        read.add(chunk.size());
                                                        return asScala(
                                                                scored(
                                                                        asJava(chunk),
                                                                        index,
                                                                        scorer,
                                                                        unreadable));
                                                    }));
                        },
                Encoders.row(type.add(COLUMN, DataTypes.DoubleType)));
    }

    private static List<Row> scored(
            List<Row> rows, int column, NameScorer scorer, LongAccumulator unreadable) {
        double[] scores =
                scorer.score(
                        rows.stream()
                                .filter(row -> !row.isNullAt(column))
                                .map(row -> row.getString(column))
                                .toList());
        List<Row> result = new ArrayList<>(rows.size());
        int next = 0;
        for (Row row : rows) {
            Double score = row.isNullAt(column) ? null : Double.valueOf(scores[next++]);
            if (score != null && score.isNaN()) {
                unreadable.add(1);
                score = null;
            }
            result.add(withValue(row, score));
        }
        return result;
    }

    private static Row withValue(Row row, @Nullable Double value) {
        @Nullable Object[] values = new @Nullable Object[row.length() + 1];
        for (int i = 0; i < row.length(); i++) {
            values[i] = row.get(i);
        }
        values[row.length()] = value;
        return RowFactory.create(values);
    }
}
