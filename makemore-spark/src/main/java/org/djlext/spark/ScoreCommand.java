/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.io.PrintWriter;
import java.util.Locale;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.data.DataFileException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code makemore-spark score}: the log-likelihood of each name. */
@Command(name = "score")
final class ScoreCommand extends SparkCommand {

    @Mixin private Tables.Model checkpoint = new Tables.Model();

    @Mixin private Tables.Input in = new Tables.Input();

    @Mixin private Tables.Output out = new Tables.Output();

    @Override
    void run(SparkSession session, PrintWriter print) {
        SharedModel model = checkpoint.read(session);
        describe(session, "score " + in + " with " + model);
        long start = System.nanoTime();
        var scored = out.write(NameScoring.score(in.read(session), in.column(), model));
        double seconds = (System.nanoTime() - start) / 1e9;
        describe(session, "sum " + out);
        Column score = col(NameScoring.COLUMN);
        Row all =
                scored.agg(
                                count(lit(1)),
                                count(score),
                                ExactSumAggregator.function().apply(score),
                                sum(
                                        when(
                                                score.isNotNull(),
                                                length(Tables.text(in.column())).plus(1))))
                        .head();
        long names = all.getLong(0);
        if (names == 0) {
            throw new DataFileException("there are no names in " + in);
        }
        long unscored = names - all.getLong(1);
        double sum = all.getDouble(2);
        print.printf(
                Locale.ROOT,
                "%,d names in %.1f s, %,.0f a second%n"
                        + "log-likelihood %s, loss %.4f a character%n"
                        + "%s",
                names,
                seconds,
                names / seconds,
                sum,
                -sum / Tables.number(all, 3),
                unscored == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "%,d names have no number, because they are null or the model cannot read"
                                        + " them%n",
                                unscored));
    }
}
