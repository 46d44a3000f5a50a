/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.data.MakemoreException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the commands share: which Spark they run on, and how they say what went wrong there. */
@Command(mixinStandardHelpOptions = true, resourceBundle = "org.djlext.spark.help")
@SuppressWarnings("NullAway.Init") // picocli sets the spec
abstract class SparkCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Option(names = "--master", paramLabel = "URL")
    private @Nullable String master;

    @Option(names = "--conf", paramLabel = "KEY=VALUE")
    private Map<String, String> properties = new LinkedHashMap<>();

    /**
     * Does what the command is for.
     *
     * @param session the session of this application
     * @param out where to say what has come of it
     */
    abstract void run(SparkSession session, PrintWriter out) throws Exception;

    @Override
    public final Integer call() throws Exception {
        try {
            run(session(), spec.commandLine().getOut());
            return 0;
        } catch (AnalysisException e) {
            throw mistake(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        } catch (ParameterException e) {
            throw e;
        } catch (RuntimeException e) {
            throw sentence(e);
        } finally {
            spec.commandLine().getOut().flush();
        }
    }

    private SparkSession session() {
        SparkConf conf = new SparkConf(); // has what spark-submit was told
        properties.forEach(conf::set);
        if (master != null) {
            conf.setMaster(master);
        }
        if (!conf.contains("spark.master")) {
            throw mistake(
                    "Spark must know where to run, but there is neither a --master nor"
                            + " spark-submit; try --master 'local[*]'");
        }
        conf.setIfMissing("spark.app.name", spec.qualifiedName());
        SparkSession session = SparkSession.builder().config(conf).getOrCreate();
        session.sparkContext().setLogLevel("WARN");
        return session;
    }

    /** Says on Spark's pages what the jobs are for that come next. */
    static void describe(SparkSession session, String job) {
        new JavaSparkContext(session.sparkContext()).setJobDescription(job);
    }

    /** Returns what a task or the driver says in a sentence, without Spark's words around it. */
    private static RuntimeException sentence(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof MakemoreException sentence) {
                return sentence;
            }
        }
        return e;
    }

    ParameterException mistake(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
