/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * DJL's EasyTrain beside our own training loops: the same weights, the same batches, the same
 * gradients, in turns. The losses are compared first; where they differ the exit code is 1.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.EasyTrainSpeed
 * }</pre>
 *
 * <p>EasyTrain has the listeners of {@code TrainingListener.Defaults.basic()}, which read the loss
 * of each step as our loops do.
 */
@Command(
        name = "EasyTrainSpeed",
        description = "Runs our training loops and DJL's EasyTrain in turns, and compares.",
        mixinStandardHelpOptions = true)
public final class EasyTrainSpeed implements Callable<Integer> {

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Option(
            names = "--part",
            defaultValue = "1",
            description = "divides the number of steps, default ${DEFAULT-VALUE}")
    private int part = 1;

    @Option(
            names = "--processor-time",
            description =
                    "takes the time that the training thread has run, and not the clock's: for a"
                            + " machine that does other work too")
    private boolean processorTime;

    @Option(names = "--case", description = "only this case; may be given more than once")
    private List<String> only = new ArrayList<>();

    /** Creates the command; its options are read by picocli. */
    public EasyTrainSpeed() {}

    /**
     * Runs the benchmark.
     *
     * @param args the options
     */
    public static void main(String... args) {
        System.exit(new CommandLine(new EasyTrainSpeed()).execute(args));
    }

    @Override
    public Integer call() {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        boolean same = true;
        try (NDManager manager = NDManager.newBaseManager()) {
            List<String> names =
                    Names.LECTURES.findLocal().map(Names::read).orElseGet(Names::embedded);
            EasyTrainCases cases =
                    new EasyTrainCases(
                            manager,
                            NamesCorpus.of(names),
                            processorTime
                                    ? ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime
                                    : System::nanoTime);
            for (Gradients gradients : List.of(Gradients.COMPILED, Gradients.ENGINE)) {
                for (ModelType type :
                        List.of(ModelType.MLP_BN, ModelType.WAVENET, ModelType.TRANSFORMER)) {
                    int steps = steps(type, gradients);
                    same &= run(out, type + "", () -> cases.names(type, gradients, steps));
                }
                same &= run(out, "gpt", () -> cases.gpt(gradients, Math.max(5, 30 / part)));
            }
        }
        return same ? 0 : 1;
    }

    private int steps(ModelType type, Gradients gradients) {
        int steps =
                switch (type) {
                    case MLP_BN -> 4000;
                    case WAVENET -> 1500;
                    default -> 60;
                };
        return Math.max(5, steps / part / (gradients == Gradients.COMPILED ? 1 : 2));
    }

    private boolean run(PrintWriter out, String name, Supplier<StepCase> make) {
        if (!only.isEmpty() && !only.contains(name)) {
            return true;
        }
        StepCase stepCase = make.get();
        out.println();
        out.println("## " + stepCase.title());
        out.println();
        return new StepComparison(stepCase, stepCase.ours(), rounds.count(), out).run();
    }
}
