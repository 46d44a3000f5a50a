/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.train.Training;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
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
@Command(mixinStandardHelpOptions = true, resourceBundle = "org.djlext.benchmarks.help")
@SuppressWarnings("NullAway.Init") // picocli sets the spec
abstract class Benchmark implements Callable<Integer> {

    @Spec CommandSpec spec;

    /** Runs a benchmark as the main of this process, and ends it. */
    static void main(Benchmark benchmark, String... args) {
        System.setProperty("OPT_OUT_TRACKING", "true"); // read when the engine starts
        System.exit(benchmark.commandLine().execute(args));
    }

    /** Returns what reads the options. */
    final CommandLine commandLine() {
        return new CommandLine(this).setCaseInsensitiveEnumValuesAllowed(true);
    }

    /** Measures and prints, and tells whether everything that was compared is the same. */
    abstract boolean run() throws IOException, InterruptedException;

    @Override
    public final Integer call() throws IOException, InterruptedException {
        return run() ? 0 : 1;
    }

    /** Returns where results go. */
    final Printer out() {
        return new Printer(spec.commandLine().getOut());
    }

    /** Returns what ends a benchmark that is given options which make no sense. */
    final ParameterException mistake(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }

    /** Returns those of some names that were chosen, which are all if none was. */
    final List<String> choose(String option, List<String> chosen, Collection<String> names) {
        for (String name : chosen) {
            if (!names.contains(name)) {
                throw mistake(option + " must be one of " + names + ", but is '" + name + "'");
            }
        }
        return chosen.isEmpty() ? List.copyOf(names) : chosen;
    }

    /** Does some steps of a training, which does as many in one go as it can. */
    static void steps(Training run, int count) {
        for (int done = 0; done < count; ) {
            done += run.steps(count - done).length;
        }
    }

    /** Returns the lectures' names if they are on this machine, or else those of the project. */
    static NamesCorpus names() {
        return NamesCorpus.of(
                Names.LECTURES.findLocal().map(Names::read).orElseGet(Names::embedded));
    }
}
