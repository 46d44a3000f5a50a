/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.expr;

import java.io.PrintWriter;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.djlext.examples.cli.SamplingOptions;
import org.djlext.makemore.sample.SamplerSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code makemore-spark sample}: draws names into a table. */
@Command(name = "sample")
final class SampleCommand extends SparkCommand {

    // Of numbers and names together, in whatever order they are read.
    private static final String HASH =
            "hex(coalesce(bit_xor(xxhash64(%s, %s)), 0))"
                    .formatted(NameSampling.NUMBER, NameSampling.NAME);

    @Mixin private Tables.Model checkpoint = new Tables.Model();

    @Option(names = "--count", paramLabel = "N", required = true)
    private long count;

    @Mixin private SamplingOptions sampling = new SamplingOptions();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "2147483657")
    private long seed = 2147483657L;

    @Option(names = "--partitions", paramLabel = "N", defaultValue = "0")
    private int partitions;

    @Mixin private Tables.Output out = new Tables.Output();

    @Override
    void run(SparkSession session, PrintWriter print) {
        SharedModel model = checkpoint.read(session);
        SamplerSettings settings = sampling.settings();
        describe(session, "draw " + count + " names from " + model);
        long start = System.nanoTime();
        var names =
                out.write(NameSampling.sample(session, model, settings, count, seed, partitions));
        double seconds = (System.nanoTime() - start) / 1e9;
        describe(session, "count the names in " + out);
        Row summary = names.agg(countDistinct(col(NameSampling.NAME)), expr(HASH)).head();
        print.printf(
                Locale.ROOT,
                "%,d names in %.1f s, %,.0f a second, %,d of them different; hash %s%n",
                count,
                seconds,
                count / seconds,
                summary.getLong(0),
                summary.getString(1));
    }
}
