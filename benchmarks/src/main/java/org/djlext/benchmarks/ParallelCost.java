/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A simulation of data-parallel training: what n processes gain, each with 1/n of every batch. A
 * step takes
 *
 * <pre>
 * fixed + batch / n * example             to compute, times n / cores where processes share cores
 * 2 (n - 1) (latency + bytes / n / bandwidth)    to reduce the gradients, around a ring
 * </pre>
 *
 * <p>and with {@code --average-every K} the second part once in K steps. The efficiency is the time
 * of one process over n times that of n. {@link ParallelSpeed} measures the numbers that it begins
 * with, and how far it is from the truth.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * java -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.ParallelCost --model mine:5e6:64:4:1.5
 * }</pre>
 */
@Command(name = "ParallelCost")
final class ParallelCost extends Benchmark {

    private static final int BYTES = 4; // of a number
    private static final double MILLIS = 1e3;

    @Option(names = "--model", paramLabel = "NAME:PARAMETERS:BATCH:FIXED:EXAMPLE")
    private List<String> models =
            List.of(
                    "wavenet:76579:32:0.115:0.0143",
                    "gpt, width 128:814135:32:5.5:4.8",
                    "gpt, width 384:10788929:64:60:210");

    @Option(names = "--network", paramLabel = "NAME:LATENCY:BANDWIDTH")
    private List<String> networks =
            List.of("loopback:90:12", "1 Gbit/s:140:1", "10 Gbit/s:110:10", "100 Gbit/s:95:100");

    @Option(names = "--processes", split = ",", paramLabel = "N[,..]")
    private List<Integer> processes = List.of(2, 4, 8);

    @Option(names = "--average-every", paramLabel = "K", defaultValue = "1")
    private int every = 1;

    /**
     * What it takes to compute a step.
     *
     * @param name what is trained
     * @param parameters how many numbers the gradients have
     * @param batch the examples of a step
     * @param fixed the seconds of a step, however few examples it has
     * @param example the seconds of each example beside
     */
    record Model(String name, long parameters, int batch, double fixed, double example) {

        Model withBatch(int examples) {
            return new Model(name, parameters, examples, fixed, example);
        }

        /** Returns the seconds of a step of so many processes, which compute on so many cores. */
        double step(int processes, int cores, int every, Network network) {
            double share = fixed + example * batch / processes;
            return share * Math.max(1, (double) processes / cores)
                    + network.allReduce(parameters, processes) / every;
        }

        /** Returns which part of their time several processes, each with a core, do not lose. */
        double efficiency(int processes, int every, Network network) {
            return step(1, 1, every, network)
                    / (processes * step(processes, processes, every, network));
        }
    }

    /**
     * What it takes to exchange numbers.
     *
     * @param name what it is called
     * @param latency the seconds of a message, however short
     * @param bandwidth the bytes of a second
     */
    record Network(String name, double latency, double bandwidth) {

        /** Returns the one in which two processes reduce one number and many in these seconds. */
        static Network of(String name, double one, double many, long numbers) {
            return new Network(name, one / 2, numbers * BYTES / (many - one));
        }

        /** Returns the seconds until all processes have the sum. */
        double allReduce(long numbers, int processes) {
            double message = latency + (double) numbers * BYTES / processes / bandwidth;
            return 2 * (processes - 1) * message;
        }
    }

    public static void main(String... args) {
        main(new ParallelCost(), args);
    }

    @Override
    boolean run() {
        if (every < 1 || processes.stream().anyMatch(n -> n < 1)) {
            throw mistake("--processes and --average-every must be at least 1");
        }
        List<Model> trained = models.stream().map(this::model).toList();
        List<Network> all = networks.stream().map(this::network).toList();
        String counts = processes.stream().map(String::valueOf).collect(Collectors.joining(", "));
        out().line("Efficiency of %s processes, in percent:%n", counts);
        String titles = all.stream().map(Network::name).collect(Collectors.joining(" | "));
        out().head(1, "model | parameters | compute, ms | " + titles);
        for (Model model : trained) {
            double alone = model.fixed + model.batch * model.example;
            out().print("| %s | %,d | %,.2f |", model.name, model.parameters, alone * MILLIS);
            for (Network network : all) {
                out().print(
                                " %s |",
                                processes.stream()
                                        .map(n -> 100 * model.efficiency(n, every, network))
                                        .map(percent -> String.valueOf(Math.round(percent)))
                                        .collect(Collectors.joining(", ")));
            }
            out().line("");
        }
        return true;
    }

    private Model model(String text) {
        double[] numbers = numbers("--model", text, 4);
        return new Model(
                name(text),
                (long) numbers[0],
                (int) numbers[1],
                numbers[2] / MILLIS,
                numbers[3] / MILLIS);
    }

    private Network network(String text) {
        double[] numbers = numbers("--network", text, 2);
        return new Network(name(text), numbers[0] / 1e6, numbers[1] * 1e9 / 8);
    }

    private static String name(String text) {
        return text.split(":", -1)[0];
    }

    private double[] numbers(String option, String text, int count) {
        String number = ":[0-9.]+(e[0-9]+)?";
        if (!text.matches("[^:]+(" + number + "){" + count + "}")) {
            throw mistake(
                    option
                            + " takes a name and "
                            + count
                            + " numbers, with a colon before each, but got "
                            + text);
        }
        return Arrays.stream(text.split(":", -1))
                .skip(1)
                .mapToDouble(Double::parseDouble)
                .toArray();
    }
}
