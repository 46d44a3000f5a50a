/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.djlext.files.Json;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.Source;
import org.djlext.makemore.launch.TetheredMain;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;

/**
 * What the names of a file cost, in a process of its own whose heap is 400 MB. The model is lecture
 * 4's with batch norm.
 *
 * @param examples the examples to train on
 * @param load the seconds to read, split and prepare the names
 * @param heap the MiB of the heap that are in use
 * @param resident the MiB of the process that are resident
 * @param step the seconds of a training step
 * @param dev the seconds of a pass over the dev set
 */
public record NamesCost(
        int examples, double load, double heap, double resident, double step, double dev) {

    private static final String ANSWER = "cost";
    private static final int ROUNDS = 9;
    private static final int STEPS = 1000;
    private static final long SEED = 2147483647L;

    /** Measures so many made-up names, each of which begins as one name and ends as another. */
    static NamesCost of(int count, Gradients gradients) throws IOException, InterruptedException {
        List<String> names = Names.embedded();
        SplittableRandom random = new SplittableRandom(SEED);
        try (Scratch scratch = Scratch.create("names")) {
            Path file = scratch.resolve(count + ".txt");
            try (BufferedWriter out = Files.newBufferedWriter(file)) {
                for (int i = 0; i < count; i++) {
                    String begin = names.get(random.nextInt(names.size()));
                    String end = names.get(random.nextInt(names.size()));
                    out.append(begin, 0, (begin.length() + 1) / 2);
                    out.append(end, end.length() / 2, end.length()).append('\n');
                }
            }
            return of(file, gradients);
        }
    }

    private static NamesCost of(Path file, Gradients gradients)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                TetheredMain.command(
                                        NamesCost.class.getName(),
                                        List.of(file.toString(), gradients.name()),
                                        List.of("-Xmx400m", "-Dai.djl.pytorch.num_threads=1")))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("the process that trains on " + file + " failed");
        }
        return Json.record(Json.parseObject(answer), ANSWER, NamesCost.class);
    }

    /**
     * The main of the process, which prints the cost as JSON.
     *
     * @param args the file of the names, and how gradients are computed
     */
    public static void main(String[] args) {
        JsonObject answer = new JsonObject();
        answer.add(ANSWER, Json.tree(measure(args[0], Gradients.valueOf(args[1]))));
        System.out.println(answer);
        System.exit(0);
    }

    private static NamesCost measure(String file, Gradients gradients) {
        try (NDManager manager = NDManager.newBaseManager()) {
            manager.create(1f).close(); // the engine is loaded before the clock starts
            long start = System.nanoTime();
            Source source = Source.names(List.of(file));
            NamesCorpus corpus = NamesCorpus.of(source.items().items(), source);
            ModelConfig sizes =
                    ModelType.MLP_BN.defaults(corpus.vocabulary().size(), corpus.longest());
            TrainingConfig settings =
                    TrainingConfig.builder(Integer.MAX_VALUE)
                            .seed(SEED)
                            .gradients(gradients)
                            .build();
            try (Training run = Training.start(manager, sizes, settings, corpus)) {
                double load = Timing.secondsSince(start);
                double[] steps = new double[ROUNDS];
                for (int round = -ROUNDS; round < ROUNDS; round++) { // the first ones warm up
                    long begin = System.nanoTime();
                    Benchmark.steps(run, STEPS);
                    steps[Math.max(0, round)] = Timing.secondsSince(begin) / STEPS;
                }
                long begin = System.nanoTime();
                double loss = run.evaluate().dev();
                double dev = Timing.secondsSince(begin);
                if (!Double.isFinite(loss)) {
                    throw new IllegalStateException("the dev loss is " + loss);
                }
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                return new NamesCost(
                        run.train().size(),
                        load,
                        (runtime.totalMemory() - runtime.freeMemory()) / (double) (1 << 20),
                        ResidentMemory.mebibytes("self", "VmRSS"),
                        Timing.median(steps),
                        dev);
            }
        }
    }
}
