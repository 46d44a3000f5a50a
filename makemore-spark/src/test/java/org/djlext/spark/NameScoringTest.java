/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.SavedModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NameScoringTest {

    private static final List<String> NAMES = Names.embedded();

    private final SparkSession session = LocalSpark.session();
    private final Path dir;

    NameScoringTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private static double sum(Dataset<Row> scored) {
        return scored.agg(ExactSumAggregator.function().apply(col(NameScoring.COLUMN)))
                .head()
                .getDouble(0);
    }

    /** One model that sees a context, one with batch norm, two that see a name. */
    @ParameterizedTest
    @EnumSource(names = {"MLP_BN", "WAVENET", "GRU", "TRANSFORMER"})
    void theSumIsTheLossOfOneProcessOnAnyLayout(ModelType type) {
        Path file = LocalSpark.model(dir, type);
        SharedModel model = SharedModel.read(session, file.toString());
        Dataset<Row> names = LocalSpark.rows(NAMES);
        String in = dir.resolve("in").toString();
        names.withColumn("more", lit(7)).repartition(5).write().parquet(in);
        String out = dir.resolve("out").toString();
        NameScoring.score(session.read().parquet(in), "name", model).write().parquet(out);
        Dataset<Row> scored = session.read().parquet(out);

        assertEquals(List.of("name", "more", "log_likelihood"), List.of(scored.columns()));
        assertEquals(NAMES.size(), scored.count());
        double sum = sum(scored);
        assertEquals(sum, sum(NameScoring.score(names.coalesce(1), "name", model)));
        assertEquals(sum, sum(NameScoring.score(names.orderBy(col("name").desc()), "name", model)));
        try (NDManager manager = NDManager.newBaseManager()) {
            SavedModel saved = SavedModel.load(file, manager);
            Examples examples = saved.model().examples(NAMES, (CharVocabulary) saved.vocabulary());
            double loss = Evaluation.loss(manager, saved.model(), examples);
            long predicted = NAMES.stream().mapToLong(name -> name.length() + 1).sum();
            assertEquals(-loss * predicted, sum, 1e-6 * loss * predicted);
        }
    }

    @Test
    void aNameThatTheModelCannotReadHasNoNumber() {
        SharedModel model = LocalSpark.shared(dir, ModelType.RNN);
        Dataset<Row> names =
                LocalSpark.rows(List.of("emma", "Zoë!", "a".repeat(200), "no.dot", "olivia"))
                        .union(session.sql("select cast(null as string)"))
                        .coalesce(1);
        List<Row> rows = NameScoring.score(names, "name", model).collectAsList();
        assertTrue(rows.get(0).getDouble(1) < 0);
        for (int i : new int[] {1, 2, 3, 5}) {
            assertNull(rows.get(i).get(1), rows.get(i).toString());
        }
        double olivia = rows.get(4).getDouble(1);
        assertEquals(
                olivia,
                NameScoring.score(LocalSpark.rows(List.of("olivia")), "name", model)
                        .head()
                        .getDouble(1));
    }

    @Test
    void aTableMayHaveNoRowsOrNoNamesOrMorePartitionsThanRows() {
        for (ModelType type : List.of(ModelType.MLP, ModelType.GRU)) {
            SharedModel model = LocalSpark.shared(dir, type);
            Dataset<Row> names = LocalSpark.rows(List.of("emma"));
            Dataset<Row> none = names.where("false");
            assertEquals(0, NameScoring.score(none, "name", model).count());
            assertEquals(0, sum(NameScoring.score(none, "name", model)));
            Dataset<Row> nulls = session.sql("select cast(null as string) as name");
            assertNull(NameScoring.score(nulls, "name", model).head().get(1));
            assertEquals(
                    sum(NameScoring.score(names, "name", model)),
                    sum(NameScoring.score(names.repartition(100), "name", model)));
        }
    }

    @Test
    void saysWhatTheColumnsHaveToBe() {
        SharedModel model = LocalSpark.shared(dir, ModelType.BIGRAM);
        Dataset<Row> names = LocalSpark.rows(List.of("emma"));
        assertRefused(
                "the names must be a column word of type STRING, but the columns are"
                        + " [name STRING]; try --column",
                () -> NameScoring.score(names, "word", model));
        assertThrows(
                IllegalArgumentException.class,
                () -> NameScoring.score(NameScoring.score(names, "name", model), "name", model));
    }
}
