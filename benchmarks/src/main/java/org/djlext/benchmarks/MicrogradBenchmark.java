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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Times one training step of the moons demo: forward, loss, backward and update of the net
 * 2-[16,16,1] on 100 points, on one thread, in the readable engine, in the compiled engine and in
 * micrograd in CPython.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.MicrogradBenchmark
 * }</pre>
 *
 * <p>In each round all take turns, and each trains anew from the same parameters; the losses that
 * they reach are compared, so that nobody wins by doing something else. CPython runs twice: as it
 * is, and with its cyclic garbage collector off, which spends more time on such graphs than the
 * graphs take. Printed are medians over the rounds, and the ratio to CPython of the same round: its
 * median, least and largest. Rounds before the first that counts warm the JVM up. Without Python
 * only the two engines are timed. Last come backward passes over a million nodes.
 */
@Command(
        name = "MicrogradBenchmark",
        description = "Times the engines of scalars beside micrograd in CPython.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class MicrogradBenchmark implements Callable<Integer> {

    private static final int PYTHON_STEPS = 3;
    private static final int READABLE_STEPS = 20;
    private static final int COMPILED_STEPS = 300;
    private static final int WARM_UP_ROUNDS = 5;

    @Spec private CommandSpec spec;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Option(
            names = "--python",
            defaultValue = "python3",
            description = "the command of a Python, default ${DEFAULT-VALUE}")
    private String python = "python3";

    @Option(
            names = "--script",
            paramLabel = "FILE",
            description =
                    "the script of the Python side, default benchmarks/python/micrograd_step.py")
    private @Nullable Path script;

    private final MoonsSteps moons = new MoonsSteps();
    private final List<Side> engines = new ArrayList<>();

    /** One of those compared: how to train so many steps, and the times of a step so far. */
    private static final class Side {
        final String name;
        final int steps;
        final IntFunction<MoonsSteps.Timing> train;
        final List<Double> seconds = new ArrayList<>();

        Side(String name, int steps, IntFunction<MoonsSteps.Timing> train) {
            this.name = name;
            this.steps = steps;
            this.train = train;
        }
    }

    /** Creates the command; its options are read by picocli. */
    public MicrogradBenchmark() {
        engines.add(new Side("readable engine", READABLE_STEPS, moons::readable));
        engines.add(new Side("compiled engine", COMPILED_STEPS, moons::compiled));
    }

    /**
     * Runs the benchmark.
     *
     * @param args the options
     */
    public static void main(String... args) {
        System.exit(new CommandLine(new MicrogradBenchmark()).execute(args));
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (PythonMicrograd original = startPython(out)) {
            List<Side> originals = new ArrayList<>();
            if (original != null) {
                originals.add(new Side("CPython", PYTHON_STEPS, original::run));
                originals.add(new Side("CPython, gc off", PYTHON_STEPS, original::runUncollected));
            }
            checkSameLosses(originals, out);
            measure(originals);
            report(originals, out);
        }
        MillionNodes.report(out, rounds.count());
        out.flush();
        return 0;
    }

    // From the root of the project, or from the module.
    private static Path findScript() {
        Path fromRoot = Path.of("benchmarks", "python", "micrograd_step.py");
        return Files.exists(fromRoot) ? fromRoot : Path.of("python", "micrograd_step.py");
    }

    private @Nullable PythonMicrograd startPython(PrintWriter out) {
        Path file = script == null ? findScript() : script;
        if (!Files.exists(file)) {
            out.println("CPython is left out: there is no " + file);
            return null;
        }
        try {
            return new PythonMicrograd(python, file, moons.batch());
        } catch (IOException e) {
            out.println("CPython is left out: " + e.getMessage());
            return null;
        }
    }

    private void checkSameLosses(List<Side> originals, PrintWriter out) {
        double expected = moons.compiled(PYTHON_STEPS).loss();
        for (Side side : both(engines, originals)) {
            double loss = side.train.apply(PYTHON_STEPS).loss();
            if (!(Math.abs(loss - expected) <= 1e-9)) {
                throw new IllegalStateException(
                        side.name + " reached the loss " + loss + ", not " + expected);
            }
        }
        out.printf(
                Locale.ROOT, "loss of step %d on every side: %.10f%n", PYTHON_STEPS - 1, expected);
    }

    private static List<Side> both(List<Side> engines, List<Side> originals) {
        return Stream.concat(engines.stream(), originals.stream()).toList();
    }

    private void measure(List<Side> originals) {
        for (int round = -WARM_UP_ROUNDS; round < rounds.count(); round++) {
            // Python has nothing to warm up.
            for (Side side : round < 0 ? engines : both(engines, originals)) {
                MoonsSteps.Timing timing = side.train.apply(side.steps);
                if (round >= 0) {
                    side.seconds.add(timing.secondsPerStep());
                }
            }
        }
    }

    private void report(List<Side> originals, PrintWriter out) {
        for (Side side : both(engines, originals)) {
            out.printf(
                    Locale.ROOT, "%-16s %10.4f ms a step%n", side.name, 1e3 * median(side.seconds));
        }
        for (Side side : engines) {
            for (Side original : originals) {
                List<Double> ratios = new ArrayList<>();
                for (int i = 0; i < side.seconds.size(); i++) {
                    ratios.add(original.seconds.get(i) / side.seconds.get(i));
                }
                out.printf(
                        Locale.ROOT,
                        "%s: %.0f times the speed of %s (%.0f to %.0f)%n",
                        side.name,
                        median(ratios),
                        original.name,
                        Collections.min(ratios),
                        Collections.max(ratios));
            }
        }
    }

    static double median(List<Double> numbers) {
        double[] sorted = numbers.stream().mapToDouble(x -> x).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
