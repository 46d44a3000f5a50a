/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.PrintWriter;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The operations with a hand-written backward beside the engine's own, and what calls cost,
 * measured by JMH on one thread.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.OperationsSuite
 * }</pre>
 *
 * <p>All takes about ten minutes. {@code --quick} takes one: the small size alone, in short
 * iterations, for a check and not for figures.
 */
@Command(
        name = "OperationsSuite",
        description = "Measures operations beside the engine's own.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class OperationsSuite implements Callable<Integer> {

    private static final String SMALL = "32x200";

    @Spec private CommandSpec spec;

    @Option(names = "--quick", description = "the small size, in short iterations in this JVM")
    private boolean quick;

    @Option(
            names = "--operation",
            paramLabel = "NAME",
            description = "only this one; may be given more than once; default all, and calls")
    private OperationCase[] operations = {};

    /** Creates the command; its options are read by picocli. */
    public OperationsSuite() {}

    /**
     * The main.
     *
     * @param args the options
     */
    public static void main(String[] args) {
        CommandLine line = new CommandLine(new OperationsSuite());
        System.exit(line.setCaseInsensitiveEnumValuesAllowed(true).execute(args));
    }

    @Override
    public Integer call() throws RunnerException {
        PrintWriter out = spec.commandLine().getOut();
        OperationTimes times = new OperationTimes(run(OperationsBenchmark.class));
        out.println("| operation | size | by hand, us | engine, us | by hand / engine |");
        out.println("| --- | --- | ---: | ---: | ---: |");
        for (OperationTimes.Row row : times.rows()) {
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.1f | %.1f | %.2f |%n",
                    row.operation(),
                    row.size(),
                    row.byHand(),
                    row.engine(),
                    row.byHand() / row.engine());
        }
        if (operations.length == 0) {
            out.printf("%n| call | us |%n| --- | ---: |%n");
            for (RunResult result : run(CallsBenchmark.class)) {
                out.printf(
                        Locale.ROOT,
                        "| %s | %.1f |%n",
                        result.getPrimaryResult().getLabel(),
                        result.getPrimaryResult().getScore());
            }
        }
        out.flush();
        return 0;
    }

    private Collection<RunResult> run(Class<?> benchmark) throws RunnerException {
        ChainedOptionsBuilder options =
                new OptionsBuilder()
                        .include(benchmark.getSimpleName())
                        .mode(Mode.AverageTime)
                        .timeUnit(TimeUnit.MICROSECONDS)
                        .shouldFailOnError(true)
                        .verbosity(quick ? VerboseMode.SILENT : VerboseMode.NORMAL)
                        .forks(quick ? 0 : 1)
                        .jvmArgsAppend(
                                "-Xms512m",
                                "-Xmx512m",
                                "-Dai.djl.pytorch.num_threads=1",
                                "-DOPT_OUT_TRACKING=true")
                        .warmupIterations(quick ? 1 : 5)
                        .warmupTime(TimeValue.milliseconds(quick ? 500 : 1000))
                        .measurementIterations(quick ? 2 : 5)
                        .measurementTime(TimeValue.milliseconds(quick ? 250 : 1000));
        if (benchmark == OperationsBenchmark.class) {
            if (quick) {
                options.param("size", SMALL);
            }
            if (operations.length > 0) {
                String[] names = new String[operations.length];
                for (int i = 0; i < names.length; i++) {
                    names[i] = operations[i].name();
                }
                options.param("operation", names);
            }
        }
        return new Runner(options.build()).run();
    }
}
