/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.distributed.ProcessGroup;
import org.djlext.distributed.ReduceOp;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.launch.LocalRanks;
import org.djlext.makemore.launch.RankProcess;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingRanks;
import org.djlext.nn.ParameterNames;

/**
 * What one of the processes of {@link ParallelSpeed} does: it times its steps, or an all_reduce,
 * and prints the numbers.
 */
public final class ParallelSteps {

    private static final String MEASURED = "measured ";
    private static final String REDUCE = "reduce";
    private static final int WARM_UPS = 1000;
    private static final int REPEATS = 1000;

    /**
     * A training, timed over the second half of its steps.
     *
     * @param isGpt whether it is the GPT of width 128, or else the WaveNet of lecture 6
     * @param batch the examples of all processes in a step
     * @param averageEvery after how many steps parameters are averaged; 1 if gradients are
     * @param steps how many
     */
    record Steps(boolean isGpt, int batch, int averageEvery, int steps) {

        /** Returns as many steps of other batches. */
        Steps withBatch(int examples) {
            return new Steps(isGpt, examples, averageEvery, steps);
        }

        /** Runs it in so many processes, one thread each. */
        Measured run(int processes) throws IOException, InterruptedException {
            double[] numbers =
                    ranks(
                            processes,
                            List.of(
                                    String.valueOf(isGpt),
                                    String.valueOf(batch),
                                    String.valueOf(averageEvery),
                                    String.valueOf(steps)));
            return new Measured(numbers[0], numbers[1], numbers[2], (long) numbers[3]);
        }
    }

    /**
     * What rank 0 has measured.
     *
     * @param step the seconds of a step
     * @param processor the seconds that all threads of its process worked on it
     * @param devLoss the dev loss at the end
     * @param parameters how many numbers were trained
     */
    record Measured(double step, double processor, double devLoss, long parameters) {}

    private ParallelSteps() {}

    /** Returns the median and the shortest seconds of an all_reduce, for each of some lengths. */
    static double[] allReduce(int processes, int... lengths)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(REDUCE));
        Arrays.stream(lengths).mapToObj(String::valueOf).forEach(arguments::add);
        return ranks(processes, arguments);
    }

    private static double[] ranks(int size, List<String> arguments)
            throws IOException, InterruptedException {
        RankProcess.Program program =
                new RankProcess.Program(
                        ParallelSteps.class.getName(),
                        arguments,
                        List.of("-Xmx1g", "-Dai.djl.pytorch.num_threads=1"),
                        Map.of());
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        try (LocalRanks ranks =
                new LocalRanks(program, size, (rank, isError, line) -> lines.add(line))) {
            RankProcess failed = ranks.await();
            if (failed != null) {
                throw new IOException(failed + " of " + size + " failed: " + lines);
            }
        }
        return lines.stream()
                .filter(line -> line.startsWith(MEASURED))
                .findFirst()
                .map(line -> line.substring(MEASURED.length()).split(" ", -1))
                .map(words -> Arrays.stream(words).mapToDouble(Double::parseDouble).toArray())
                .orElseThrow(() -> new IOException("rank 0 has printed no numbers: " + lines));
    }

    /**
     * The main of a rank.
     *
     * @param args the numbers of a {@link Steps}, or "reduce" and lengths of arrays
     */
    public static void main(String[] args) {
        boolean reduces = args[0].equals(REDUCE);
        int averageEvery = reduces ? 1 : Integer.parseInt(args[2]);
        boolean isAlone = System.getenv("WORLD_SIZE").equals("1");
        try (TrainingRanks ranks =
                        isAlone
                                ? TrainingRanks.ALONE
                                : new TrainingRanks(
                                        ProcessGroup.fromEnvironment(), false, averageEvery);
                NDManager manager = NDManager.newBaseManager()) {
            double[] numbers =
                    reduces
                            ? reduce(Objects.requireNonNull(ranks.group()), manager, args)
                            : train(
                                    ranks,
                                    manager,
                                    new Steps(
                                            Boolean.parseBoolean(args[0]),
                                            Integer.parseInt(args[1]),
                                            averageEvery,
                                            Integer.parseInt(args[3])));
            if (ranks.isFirst()) {
                StringBuilder line = new StringBuilder(MEASURED.strip());
                Arrays.stream(numbers).forEach(number -> line.append(' ').append(number));
                System.out.println(line);
            }
        }
        System.exit(0);
    }

    // One after the other, as PyTorch's and NCCL's own benchmarks have it: each waits for the other
    // rank anyway.
    private static double[] reduce(ProcessGroup group, NDManager manager, String[] args) {
        double[] numbers = new double[2 * (args.length - 1)];
        for (int k = 1; k < args.length; k++) {
            NDArray array = manager.zeros(new Shape(Long.parseLong(args[k])));
            double[] seconds = new double[REPEATS];
            for (int i = -WARM_UPS; i < REPEATS; i++) {
                long start = System.nanoTime();
                group.allReduce(array, ReduceOp.SUM);
                if (i >= 0) {
                    seconds[i] = (System.nanoTime() - start) / 1e9;
                }
            }
            numbers[2 * k - 2] = Timing.median(seconds);
            numbers[2 * k - 1] = Arrays.stream(seconds).min().orElse(Double.NaN);
        }
        return numbers;
    }

    private static double[] train(TrainingRanks ranks, NDManager manager, Steps what) {
        try (Training run =
                what.isGpt ? gpt(ranks, manager, what) : wavenet(ranks, manager, what)) {
            runTo(run, what.steps / 2);
            long start = System.nanoTime();
            long processor = processorTime();
            runTo(run, what.steps);
            double timed = 1e9 * (what.steps - what.steps / 2);
            double step = (System.nanoTime() - start) / timed;
            processor = processorTime() - processor;
            long parameters =
                    ParameterNames.trained(run.saved().model()).values().stream()
                            .mapToLong(parameter -> parameter.getArray().size())
                            .sum();
            return new double[] {
                step, processor / timed, run.evaluate().dev(), (double) parameters
            };
        }
    }

    private static void runTo(Training run, int end) {
        while (run.stepsDone() < end) {
            run.steps(end - run.stepsDone());
        }
    }

    private static long processorTime() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static Training gpt(TrainingRanks ranks, NDManager manager, Steps what) {
        TextCorpus corpus = TextCorpus.of(Texts.embedded());
        TrainingConfig settings =
                TrainingConfig.builder(what.steps)
                        .batchSize(what.batch)
                        .optimizer(OptimizerConfig.adamW(0.01))
                        .learningRate(LearningRate.constant(1e-3))
                        .evaluation(new EvaluationPlan(0, 2, 0, what.steps))
                        .build();
        GptConfig sizes = TimedLoop.gpt(corpus.vocabulary().size());
        return Training.start(manager, sizes, settings, corpus, ranks);
    }

    private static Training wavenet(TrainingRanks ranks, NDManager manager, Steps what) {
        NamesCorpus corpus = Benchmark.names();
        TrainingConfig settings =
                TrainingConfig.builder(what.steps)
                        .batchSize(what.batch)
                        .learningRate(LearningRate.stepDecay(0.1, what.steps * 3 / 4))
                        .build();
        ModelConfig sizes =
                ModelType.WAVENET.defaults(corpus.vocabulary().size(), corpus.longest());
        return Training.start(manager, sizes, settings, corpus, ranks);
    }
}
