/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.apache.spark.sql.functions.col;

import java.io.PrintWriter;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code makemore-spark ngrams}: counts what follows what. */
@Command(name = "ngrams")
final class NgramsCommand extends SparkCommand {

    private static final int SHOWN = 10;

    @Option(names = "--n", paramLabel = "N", defaultValue = "2")
    private int n = 2;

    @Mixin private Tables.Input in = new Tables.Input();

    @Mixin private Tables.Output out = new Tables.Output();

    @Override
    void run(SparkSession session, PrintWriter print) {
        describe(session, "count " + n + "-grams of " + in);
        var counts = out.write(NameGrams.count(in.read(session), in.column(), n));
        describe(session, "sort " + out);
        for (Row row :
                counts.orderBy(col(NameGrams.COUNT).desc(), col(NameGrams.GRAM))
                        .takeAsList(SHOWN)) {
            print.printf(Locale.ROOT, "%s %,d%n", row.getString(0), row.getLong(1));
        }
    }
}
