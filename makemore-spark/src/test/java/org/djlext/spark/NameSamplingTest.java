/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.SavedModel;
import org.djlext.torch.RandomStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NameSamplingTest {

    private static final SamplerSettings SETTINGS = SamplerSettings.PLAIN;

    private final SparkSession session = LocalSpark.session();
    private final Path file;
    private final SharedModel model;

    NameSamplingTest(@TempDir Path dir) {
        file = LocalSpark.model(dir, ModelType.MLP);
        model = SharedModel.read(session, file.toString());
    }

    private List<Row> sample(long count, long seed, int partitions) {
        return NameSampling.sample(session, model, SETTINGS, count, seed, partitions)
                .orderBy(NameSampling.NUMBER)
                .collectAsList();
    }

    @Test
    void theNamesAreTheSameOnAnyLayout() {
        List<Row> names = sample(5000, 7, 1);
        assertEquals(5000, names.size());
        assertEquals(4999, names.get(4999).getLong(0));
        assertEquals(names, sample(5000, 7, 4));
        assertEquals(names, sample(5000, 7, 0));
        assertEquals(names.subList(0, 1500), sample(1500, 7, 2));
        assertNotEquals(names, sample(5000, 8, 1));
        assertTrue(
                new HashSet<>(names.stream().map(row -> row.getString(1)).toList()).size() > 4000);
    }

    /** Their distribution is the model's: bigrams are as frequent as with one stream. */
    @Test
    void theNamesAreDistributedAsThoseOfOneProcess() {
        int count = 5000;
        double mean =
                sample(count, 1, 4).stream()
                        .mapToInt(row -> row.getString(1).length())
                        .average()
                        .orElseThrow();
        try (NDManager manager = NDManager.newBaseManager()) {
            SavedModel saved = SavedModel.load(file, manager);
            List<String> names =
                    new Sampler(manager, saved.model(), saved.vocabulary())
                            .with(new RandomStream(3))
                            .sample(count, SETTINGS);
            double expected = names.stream().mapToInt(String::length).average().orElseThrow();
            double variance =
                    names.stream()
                            .mapToDouble(name -> Math.pow(name.length() - expected, 2))
                            .average()
                            .orElseThrow();
            assertEquals(expected, mean, 4 * Math.sqrt(2 * variance / count));
        }
    }

    @Test
    void zeroNamesAreNoRows() {
        assertEquals(List.of(), sample(0, 1, 2));
        assertThrows(IllegalArgumentException.class, () -> sample(-1, 1, 2));
        assertThrows(IllegalArgumentException.class, () -> sample(1, 1, -2));
    }

    @Test
    void asManyNamesAsThereAreNumbersBeginLikeAFew() {
        Row first = NameSampling.sample(session, model, SETTINGS, Long.MAX_VALUE, 7, 2).head();
        assertEquals(sample(1, 7, 1), List.of(first));
    }
}
