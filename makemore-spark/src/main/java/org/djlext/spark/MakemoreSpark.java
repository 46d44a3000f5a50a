/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import org.apache.spark.sql.SparkSession;
import org.djlext.examples.cli.CommandLines;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The {@code makemore-spark} command line: what {@code makemore} does, on a cluster.
 *
 * <pre>{@code
 * spark-submit makemore-spark-all.jar score --checkpoint best.safetensors --data names --out scored
 * }</pre>
 */
@Command(
        name = "makemore-spark",
        subcommands = {
            TrainCommand.class,
            SweepCommand.class,
            SampleCommand.class,
            ScoreCommand.class,
            NgramsCommand.class
        },
        mixinStandardHelpOptions = true,
        version = "makemore-spark 0.1.0",
        resourceBundle = "org.djlext.spark.help")
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class MakemoreSpark implements Runnable {

    @Spec private CommandSpec spec;

    /** Creates the command; its options are read by picocli. */
    public MakemoreSpark() {}

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "makemore-spark needs a command, one of "
                        + String.join(", ", spec.subcommands().keySet())
                        + "; makemore-spark --help describes them");
    }

    /**
     * The main.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        int code = CommandLines.execute(new CommandLine(new MakemoreSpark()), args);
        boolean inCluster = false;
        var session = SparkSession.getDefaultSession();
        if (session.isDefined()) {
            inCluster =
                    "cluster".equals(session.get().conf().get("spark.submit.deployMode", "client"));
            session.get().stop();
        }
        // After a barrier stage a thread of Spark 3.5 would keep the JVM. In a cluster YARN takes
        // an exit by the main, even with 0, for a failure.
        if (code != 0 || !inCluster) {
            System.exit(code);
        }
    }
}
