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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.djlext.benchmarks.ParallelSteps.Measured;
import org.djlext.benchmarks.ParallelSteps.Work;
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
@Command(name = "ParallelSpeed")
final class ParallelSpeed extends Benchmark {

    private static final int[] REDUCED = {1, 76_579, 1_000_000};
    private static final double MILLIS = 1e3;
    private static final int FIT = 4; // what a part of a batch takes says what is fixed

    @Mixin private Turns turns = new Turns();

    @Option(names = "--processes", split = ",", paramLabel = "N[,..]")
    private List<Integer> processes = List.of(2);

    @Option(names = "--case")
    private List<String> only = new ArrayList<>();

    @Option(names = "--batch", defaultValue = "32")
    private int batch = 32;

    public static void main(String... args) {
        main(new ParallelSpeed(), args);
    }

    @Override
    boolean run() throws IOException, InterruptedException {
        List<String> cases = choose("--case", only, List.of("gpt", "wavenet"));
        ParallelCost.Network loopback = allReduce();
        if (cases.contains("gpt")) {
            ParallelSteps steps = new ParallelSteps(Work.GPT, 1, batch, 1, turns.part(60));
            compare("gpt, width 128", steps, loopback);
        }
        if (cases.contains("wavenet")) {
            ParallelSteps steps = new ParallelSteps(Work.WAVENET, 1, batch, 50, turns.part(20_000));
            compare("wavenet", steps, loopback);
        }
        return true;
    }

    /** Returns loopback as two processes know it. */
    private ParallelCost.Network allReduce() throws IOException, InterruptedException {
        out().head(0, "numbers of an all_reduce | median, ms | quickest, ms");
        List<Double> seconds = new ArrayList<>();
        for (int numbers : REDUCED) {
            Measured its = new ParallelSteps(Work.REDUCE, 2, numbers, 1, turns.part(2000)).run();
            out().line(
                            "| %,d | %.3f | %.3f |",
                            numbers, its.step() * MILLIS, its.quickest() * MILLIS);
            seconds.add(its.step());
        }
        int last = REDUCED.length - 1;
        return ParallelCost.Network.of(
                "loopback", seconds.get(0), seconds.get(last), REDUCED[last]);
    }

    private void compare(String name, ParallelSteps one, ParallelCost.Network network)
            throws IOException, InterruptedException {
        ParallelSteps small = one.with(1, one.size() / FIT);
        Set<ParallelSteps> runs = new LinkedHashSet<>(List.of(one, small));
        for (int n : processes) {
            runs.add(one.with(n, one.size()));
            if (one.averageEvery() > 1) {
                runs.add(one.with(n, n * one.size())); // a batch for each
            }
        }
        Map<ParallelSteps, Measured> medians = medians(runs);
        Measured alone = get(medians, one);
        double example = (alone.step() - get(medians, small).step()) / (one.size() - small.size());
        ParallelCost.Model model =
                new ParallelCost.Model(
                        name,
                        alone.parameters(),
                        one.size(),
                        alone.step() - example * one.size(),
                        example);
        out().line(
                        "%n## %s: %,d parameters, %.3f ms a step and %.4f ms for each example%n",
                        name, model.parameters(), model.fixed() * MILLIS, model.example() * MILLIS);
        out().head(
                        0,
                        "processes | batch | step, ms | simulated | of a processor"
                                + " | step, of one | examples a second, of one | dev loss");
        int cores = Runtime.getRuntime().availableProcessors();
        for (ParallelSteps run : runs) {
            Measured its = get(medians, run);
            double simulated =
                    model.withBatch(run.size())
                            .step(run.processes(), cores, run.averageEvery(), network);
            out().line(
                            "| %d | %d | %.3f | %.3f | %.3f | %.2f | %.2f | %.4f |",
                            run.processes(),
                            run.size(),
                            its.step() * MILLIS,
                            simulated * MILLIS,
                            its.processor() * MILLIS,
                            its.step() / alone.step(),
                            alone.step() / its.step() * run.size() / one.size(),
                            its.devLoss());
        }
    }

    /** Does all runs in turns, and returns the one of each that took the median time. */
    private Map<ParallelSteps, Measured> medians(Set<ParallelSteps> runs)
            throws IOException, InterruptedException {
        Map<ParallelSteps, List<Measured>> measured = new LinkedHashMap<>();
        for (int round = 0; round < turns.rounds(); round++) {
            for (ParallelSteps run : runs) {
                measured.computeIfAbsent(run, key -> new ArrayList<>()).add(run.run());
            }
        }
        Map<ParallelSteps, Measured> medians = new LinkedHashMap<>();
        measured.forEach(
                (run, all) -> {
                    all.sort(Comparator.comparingDouble(Measured::step));
                    medians.put(run, all.get(all.size() / 2));
                });
        return medians;
    }

    private static Measured get(Map<ParallelSteps, Measured> medians, ParallelSteps run) {
        return Objects.requireNonNull(medians.get(run));
    }
}
