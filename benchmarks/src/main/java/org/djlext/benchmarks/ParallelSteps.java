/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
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
import org.djlext.files.Json;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.launch.LocalRanks;
import org.djlext.makemore.launch.RankProcess;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingRanks;

/**
 * Steps that processes of this machine do together, one thread each.
 *
 * @param work what a step does
 * @param processes how many processes there are
 * @param size the examples of all processes in a step, or the numbers of an all_reduce
 * @param averageEvery after how many steps parameters are averaged; 1 if gradients are
 * @param count how many steps
 */
public record ParallelSteps(Work work, int processes, int size, int averageEvery, int count) {

    private static final String WORK = "work";
    private static final String MEASURED = "measured";

    /** What processes do together. */
    enum Work {
        /** An all_reduce. */
        REDUCE,
        /** Training the GPT of width 128. */
        GPT,
        /** Training the WaveNet of lecture 6. */
        WAVENET
    }

    /**
     * What rank 0 has measured in the second half of the steps.
     *
     * @param step the seconds of a step; the median for an all_reduce, each of which is timed
     * @param quickest those of the quickest that was timed
     * @param processor the seconds that all threads of its process worked on a step
     * @param devLoss the dev loss at the end, 0 for an all_reduce
     * @param parameters how many numbers were trained
     */
    record Measured(
            double step, double quickest, double processor, double devLoss, long parameters) {}

    /** Returns the same in other processes and of another size. */
    ParallelSteps with(int otherProcesses, int otherSize) {
        return new ParallelSteps(work, otherProcesses, otherSize, averageEvery, count);
    }

    /** Starts the processes and returns what they have measured. */
    Measured run() throws IOException, InterruptedException {
        RankProcess.Program program =
                new RankProcess.Program(
                        ParallelSteps.class.getName(),
                        List.of(json(WORK, this)),
                        List.of("-Xmx1g", "-Dai.djl.pytorch.num_threads=1"),
                        Map.of());
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        try (LocalRanks ranks =
                new LocalRanks(program, processes, (rank, isError, line) -> lines.add(line))) {
            RankProcess failed = ranks.await();
            if (failed != null) {
                throw new IOException(failed + " of " + processes + " failed: " + lines);
            }
        }
        return lines.stream()
                .filter(line -> line.startsWith("{\"" + MEASURED))
                .findFirst()
                .map(line -> Json.record(Json.parseObject(line), MEASURED, Measured.class))
                .orElseThrow(() -> new IOException("rank 0 has printed no numbers: " + lines));
    }

    private static String json(String name, Record content) {
        JsonObject object = new JsonObject();
        object.add(name, Json.tree(content));
        return object.toString();
    }

    /**
     * The main of a rank.
     *
     * @param args the steps, as JSON
     */
    public static void main(String[] args) {
        ParallelSteps steps = Json.record(Json.parseObject(args[0]), WORK, ParallelSteps.class);
        try (TrainingRanks ranks =
                        steps.processes == 1
                                ? TrainingRanks.ALONE
                                : new TrainingRanks(
                                        ProcessGroup.fromEnvironment(), false, steps.averageEvery);
                NDManager manager = NDManager.newBaseManager()) {
            Measured measured =
                    steps.work == Work.REDUCE
                            ? steps.reduce(Objects.requireNonNull(ranks.group()), manager)
                            : steps.train(ranks, manager);
            if (ranks.isFirst()) {
                System.out.println(json(MEASURED, measured));
            }
        }
        System.exit(0);
    }

    // One after the other, as PyTorch's and NCCL's own benchmarks have it: each waits for the other
    // rank anyway.
    private Measured reduce(ProcessGroup group, NDManager manager) {
        NDArray array = manager.zeros(new Shape(size));
        double[] seconds = new double[count];
        long processor = processorTime();
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            group.allReduce(array, ReduceOp.SUM);
            seconds[i] = Timing.secondsSince(start);
        }
        double each = (processorTime() - processor) / 1e9 / count;
        double[] timed = Arrays.copyOfRange(seconds, count / 2, count);
        double quickest = Arrays.stream(timed).min().orElse(Double.NaN);
        return new Measured(Timing.median(timed), quickest, each, 0, 0);
    }

    private Measured train(TrainingRanks ranks, NDManager manager) {
        try (Training run = work == Work.GPT ? gpt(ranks, manager) : wavenet(ranks, manager)) {
            Benchmark.steps(run, count / 2);
            long start = System.nanoTime();
            long processor = processorTime();
            Benchmark.steps(run, count - count / 2);
            double timed = 1e9 * (count - count / 2);
            double step = (System.nanoTime() - start) / timed;
            double each = (processorTime() - processor) / timed;
            return new Measured(
                    step, step, each, run.evaluate().dev(), run.saved().model().parameterCount());
        }
    }

    private static long processorTime() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private Training gpt(TrainingRanks ranks, NDManager manager) {
        TextCorpus corpus = TextCorpus.of(Texts.embedded());
        TrainingConfig settings =
                TrainingConfig.builder(count)
                        .batchSize(size)
                        .optimizer(OptimizerConfig.adamW(0.01))
                        .learningRate(LearningRate.constant(1e-3))
                        .evaluation(new EvaluationPlan(0, 2, 0, count))
                        .build();
        return Training.start(manager, StepCases.gpt(corpus), settings, corpus, ranks);
    }

    private Training wavenet(TrainingRanks ranks, NDManager manager) {
        NamesCorpus corpus = Benchmark.names();
        TrainingConfig settings =
                TrainingConfig.builder(count)
                        .batchSize(size)
                        .learningRate(LearningRate.stepDecay(0.1, count * 3 / 4))
                        .build();
        var sizes = ModelType.WAVENET.defaults(corpus.vocabulary().size(), corpus.longest());
        return Training.start(manager, sizes, settings, corpus, ranks);
    }
}
