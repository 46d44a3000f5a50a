/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The operations with a hand-written backward beside the engine's own, and what calls cost,
 * measured by JMH on one thread.
 *
 * <p>All takes about ten minutes. {@code --quick} takes one: the small size alone, in short
 * iterations, for a check and not for figures.
 */
@Command(name = "OperationsSuite", description = "Measures operations beside the engine's own.")
final class OperationsSuite extends Benchmark {

    private static final String SMALL = "32x200";

    @Option(names = "--quick", description = "the small size, in short iterations in this JVM")
    private boolean quick;

    @Option(
            names = "--operation",
            paramLabel = "NAME",
            description = "only this one; may be given more than once; default all, and calls")
    private OperationCase[] operations = {};

    public static void main(String... args) {
        main(new OperationsSuite(), args);
    }

    @Override
    boolean run() {
        out().head(2, "operation | size | by hand, us | engine, us | by hand / engine");
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (RunResult result : run(OperationsBenchmark.class)) {
            String name = result.getParams().getParam("operation").toLowerCase(Locale.ROOT);
            String row = name.replace('_', ' ') + " | " + result.getParams().getParam("size");
            Map<String, Double> times = rows.computeIfAbsent(row, key -> new HashMap<>());
            times.put(result.getPrimaryResult().getLabel(), microseconds(result));
        }
        rows.forEach(
                (row, times) -> {
                    double byHand = times.getOrDefault("byHand", Double.NaN);
                    double engine = times.getOrDefault("engine", Double.NaN);
                    out().line("| %s | %.1f | %.1f | %.2f |", row, byHand, engine, byHand / engine);
                });
        if (operations.length == 0) {
            out().line("");
            out().head(1, "call | us");
            for (RunResult result : run(CallsBenchmark.class)) {
                String call = result.getPrimaryResult().getLabel();
                out().line("| %s | %.1f |", call, microseconds(result));
            }
        }
        return true;
    }

    private static double microseconds(RunResult result) {
        return result.getPrimaryResult().getScore();
    }

    private Collection<RunResult> run(Class<?> benchmark) {
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
                options.param(
                        "operation",
                        Arrays.stream(operations).map(Enum::name).toArray(String[]::new));
            }
        }
        try {
            return new Runner(options.build()).run();
        } catch (RunnerException e) {
            throw new IllegalStateException(e);
        }
    }
}
