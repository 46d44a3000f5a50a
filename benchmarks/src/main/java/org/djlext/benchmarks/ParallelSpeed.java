/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.benchmarks.ParallelSteps.Measured;
import org.djlext.benchmarks.ParallelSteps.Steps;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One process beside several on this machine, started in turns, with the same batches: an
 * all_reduce, the GPT of width 128 with gradients reduced in each step, and the WaveNet of lecture
 * 6 with parameters averaged every 50 steps. Beside what it measures stands what {@link
 * ParallelCost} says.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * java -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.ParallelSpeed
 * }</pre>
 */
@Command(
        name = "ParallelSpeed",
        description = "Times steps of one process and of several, in turns.")
final class ParallelSpeed extends Benchmark {

    private static final int[] REDUCED = {1, 76_579, 1_000_000};
    private static final double MILLIS = 1e3;
    private static final int FIT = 4; // what a part of a batch takes says what is fixed

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Option(
            names = "--processes",
            split = ",",
            paramLabel = "N[,..]",
            description = "how many processes, default 2")
    private List<Integer> processes = List.of(2);

    @Option(names = "--case", split = ",", description = "gpt or wavenet, default both")
    private List<String> cases = List.of("gpt", "wavenet");

    @Option(
            names = "--batch",
            defaultValue = "32",
            description = "the examples of a step, default ${DEFAULT-VALUE}")
    private int batch = 32;

    @Option(
            names = "--part",
            defaultValue = "1",
            description = "divides the number of steps, default ${DEFAULT-VALUE}")
    private int part = 1;

    private record Run(int processes, Steps steps) {}

    public static void main(String... args) {
        main(new ParallelSpeed(), args);
    }

    @Override
    boolean run() throws IOException, InterruptedException {
        ParallelCost.Network loopback = allReduce();
        if (cases.contains("gpt")) {
            compare("gpt, width 128", new Steps(true, batch, 1, 60 / part), loopback);
        }
        if (cases.contains("wavenet")) {
            compare("wavenet", new Steps(false, batch, 50, 20_000 / part), loopback);
        }
        return true;
    }

    /** Returns loopback as two processes know it. */
    private ParallelCost.Network allReduce() throws IOException, InterruptedException {
        double[] seconds = ParallelSteps.allReduce(2, REDUCED);
        out().head(0, "numbers of an all_reduce | median, ms | quickest, ms");
        for (int i = 0; i < REDUCED.length; i++) {
            out().line(
                            "| %,d | %.3f | %.3f |",
                            REDUCED[i], seconds[2 * i] * MILLIS, seconds[2 * i + 1] * MILLIS);
        }
        int last = REDUCED.length - 1;
        return ParallelCost.Network.of("loopback", seconds[0], seconds[2 * last], REDUCED[last]);
    }

    private void compare(String name, Steps steps, ParallelCost.Network network)
            throws IOException, InterruptedException {
        Map<Run, List<Measured>> measured = new LinkedHashMap<>();
        Run one = new Run(1, steps);
        Run small = new Run(1, steps.withBatch(steps.batch() / FIT));
        List<Run> runs = new ArrayList<>(List.of(one, small));
        for (int n : processes) {
            runs.add(new Run(n, steps));
            if (steps.averageEvery() > 1) {
                runs.add(new Run(n, steps.withBatch(n * steps.batch()))); // a batch for each
            }
        }
        for (int round = 0; round < rounds.count(); round++) {
            for (Run run : runs) {
                measured.computeIfAbsent(run, key -> new ArrayList<>())
                        .add(run.steps.run(run.processes));
            }
        }
        Map<Run, Measured> medians = new LinkedHashMap<>();
        measured.forEach((run, all) -> medians.put(run, median(all)));
        Measured alone = get(medians, one);
        double example =
                (alone.step() - get(medians, small).step()) / (steps.batch() - small.steps.batch());
        ParallelCost.Model model =
                new ParallelCost.Model(
                        name,
                        alone.parameters(),
                        steps.batch(),
                        alone.step() - example * steps.batch(),
                        example);
        out().line(
                        "%n## %s: %,d parameters, %.3f ms a step and %.4f ms for each example%n",
                        name, model.parameters(), model.fixed() * MILLIS, model.example() * MILLIS);
        out().head(
                        0,
                        "processes | batch | step, ms | simulated | of a processor"
                                + " | step, of one | examples a second, of one | dev loss");
        int cores = Runtime.getRuntime().availableProcessors();
        for (Run run : runs) {
            Measured its = get(medians, run);
            int batch = run.steps.batch();
            double simulated =
                    model.withBatch(batch)
                            .step(run.processes, cores, steps.averageEvery(), network);
            out().line(
                            "| %d | %d | %.3f | %.3f | %.3f | %.2f | %.2f | %.4f |",
                            run.processes,
                            batch,
                            its.step() * MILLIS,
                            simulated * MILLIS,
                            its.processor() * MILLIS,
                            its.step() / alone.step(),
                            alone.step() / its.step() * batch / steps.batch(),
                            its.devLoss());
        }
    }

    private static Measured get(Map<Run, Measured> medians, Run run) {
        return Objects.requireNonNull(medians.get(run));
    }

    private static Measured median(List<Measured> rounds) {
        return rounds.stream()
                .sorted(Comparator.comparingDouble(Measured::step))
                .toList()
                .get(rounds.size() / 2);
    }
}
