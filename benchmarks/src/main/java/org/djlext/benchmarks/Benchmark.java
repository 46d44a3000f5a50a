/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * A benchmark with options; its results go to standard output. They are started as {@code
 * benchmarks/results/README.md} says, in most cases by
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" org.djlext.benchmarks.NAME
 * }</pre>
 */
@Command(mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
abstract class Benchmark implements Callable<Integer> {

    @Spec CommandSpec spec;

    /** Runs a benchmark as the main of this process, and ends it. */
    static void main(Benchmark benchmark, String... args) {
        System.setProperty("OPT_OUT_TRACKING", "true"); // read when the engine starts
        CommandLine line = new CommandLine(benchmark);
        System.exit(line.setCaseInsensitiveEnumValuesAllowed(true).execute(args));
    }

    /** Returns where results go. */
    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Measures and prints, and tells whether everything that was compared is the same. */
    abstract boolean run() throws IOException, InterruptedException;

    @Override
    public final Integer call() throws IOException, InterruptedException {
        boolean same = run();
        out().flush();
        return same ? 0 : 1;
    }

    /** Deletes a folder with all that is in it. */
    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
