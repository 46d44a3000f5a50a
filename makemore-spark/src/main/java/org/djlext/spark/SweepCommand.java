/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.makemore.data.NamesCorpus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code makemore-spark sweep}: a training for each combination of settings. */
@Command(name = "sweep")
final class SweepCommand extends SparkCommand {

    @Mixin private Tables.Input in = new Tables.Input();

    @Option(names = "--work-dir", paramLabel = "DIR", required = true)
    private String folder = "";

    @Option(names = "--save-seconds", paramLabel = "N", defaultValue = "60")
    private int saveSeconds = 60;

    @Unmatched private List<String> options = new ArrayList<>();

    @Override
    void run(SparkSession session, PrintWriter print) throws IOException {
        describe(session, "read " + in);
        List<String> names =
                in.read(session)
                        .select(Tables.text(in.column()))
                        .na()
                        .drop()
                        .as(Encoders.STRING())
                        .collectAsList();
        if (names.isEmpty()) {
            throw new DataFileException("there are no names in " + in);
        }
        List<Sweep.Result> results =
                new Sweep(session, folder, Duration.ofSeconds(saveSeconds))
                        .train(names, SweepGrid.runs(options, NamesCorpus.of(names)));
        for (Sweep.Result result : results) {
            print.printf(
                    Locale.ROOT,
                    "%-8.4f %7.1f s   %s%s%n",
                    result.devLoss(),
                    result.seconds(),
                    result.name(),
                    result.error().isEmpty() ? "" : ": " + result.error());
        }
        if (!results.get(0).error().isEmpty()) {
            throw new MakemoreException("no run has a model, as all of them failed");
        }
        print.printf("the best model is %s/%s%s%n", folder, results.get(0).name(), Sweep.MODEL);
    }
}
