/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.djlext.examples.cli.Makemore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code makemore-spark train}: one training, a rank on each of several cores. */
@Command(name = "train")
final class TrainCommand extends SparkCommand {

    private static final String NEWEST = "last.";

    @Option(names = "--world-size", paramLabel = "N", required = true)
    private int worldSize;

    @Option(names = "--work-dir", paramLabel = "DIR", required = true)
    private String folder = "";

    @Option(names = "--max-restarts", paramLabel = "N", defaultValue = "3")
    private int maxRestarts = 3;

    @Option(names = "--rank-java", split = " ", paramLabel = "OPTIONS", defaultValue = "-Xmx512m")
    private List<String> jvmOptions = List.of("-Xmx512m");

    @Unmatched private List<String> options = new ArrayList<>();

    @Override
    void run(SparkSession session, PrintWriter print) {
        SharedFolder shared = new SharedFolder(session, folder);
        new RankLaunch(Makemore.class.getName(), worldSize, jvmOptions)
                .run(session, attempt -> arguments(attempt, shared), maxRestarts);
        print.printf("the model is in %s%n", folder);
    }

    /** A run keeps its settings, so after a failure it is told none but where it is. */
    private List<String> arguments(int attempt, SharedFolder shared) {
        List<String> arguments = new ArrayList<>(List.of("train", "--work-dir", folder));
        if (attempt > 0 && hasCheckpoint(shared)) {
            arguments.add("--resume");
        } else {
            arguments.addAll(options);
        }
        return arguments;
    }

    private static boolean hasCheckpoint(SharedFolder shared) {
        try {
            return shared.list().stream().anyMatch(file -> file.startsWith(NEWEST));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
