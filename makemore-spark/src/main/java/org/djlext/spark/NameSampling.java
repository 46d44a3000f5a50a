/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.SavedModel;
import org.djlext.torch.RandomStream;

/**
 * Names drawn from a model: as many rows as wanted, each with its number and a name.
 *
 * <p>Names are drawn in blocks of {@value #BLOCK}, each with random numbers of its own that follow
 * from the seed and the number of the block. So a row is the same on any number of partitions,
 * executors and cores, and the first rows of a larger sample are those of a smaller one.
 */
public final class NameSampling {

    /** The column of the names; STRING. */
    public static final String NAME = "name";

    /** The column of their numbers, from 0; LONG. */
    public static final String NUMBER = "id";

    private static final int BLOCK = 1024;

    private static final StructType TYPE =
            new StructType()
                    .add(NUMBER, DataTypes.LongType, false)
                    .add(NAME, DataTypes.StringType, false);

    private NameSampling() {}

    /**
     * Draws names, when the rows are asked for. Spark's pages show the accumulator "names drawn".
     *
     * @param session the session
     * @param model the model
     * @param settings how to draw
     * @param count how many
     * @param seed the seed
     * @param partitions over how many partitions; 0 for as many as the session has cores
     * @return rows of {@link #NUMBER} and {@link #NAME}
     * @throws IllegalArgumentException if a number is negative
     */
    public static Dataset<Row> sample(
            SparkSession session,
            SharedModel model,
            SamplerSettings settings,
            long count,
            long seed,
            int partitions) {
        if (count < 0 || partitions < 0) {
            throw new IllegalArgumentException(
                    "the numbers of names and of partitions must be at least 0, but are "
                            + count
                            + " and "
                            + partitions);
        }
        LongAccumulator drawn = session.sparkContext().longAccumulator("names drawn");
        FlatMapFunction<Long, Row> draw =
                block -> {
                    List<String> names = draw(model.saved(), settings, seed(seed, block));
                    int size = (int) Math.min(BLOCK, count - block * BLOCK);
                    drawn.add(size);
                    return rows(block * BLOCK, names.subList(0, size)).iterator();
                };
        return session.range(
                        0,
                        Math.floorDiv(count - 1, BLOCK)
                                + 1, // not count + BLOCK - 1, which overflows
                        1,
                        partitions > 0 ? partitions : session.sparkContext().defaultParallelism())
                .flatMap(draw, Encoders.row(TYPE));
    }

    /** Always draws a whole block, as rows that are drawn together take numbers by turns. */
    private static List<String> draw(SavedModel saved, SamplerSettings settings, long seed) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
            return sampler.with(new RandomStream(seed)).sample(BLOCK, settings);
        }
    }

    /**
     * Returns the seed of a block. The engine's generator takes 32 bits of it, which differ as long
     * as there are no more blocks than that.
     */
    private static long seed(long seed, long block) {
        return new SplittableRandom(seed).nextLong() + block;
    }

    private static List<Row> rows(long first, List<String> names) {
        List<Row> rows = new ArrayList<>(names.size());
        for (String name : names) {
            rows.add(RowFactory.create(first + rows.size(), name));
        }
        return rows;
    }
}
