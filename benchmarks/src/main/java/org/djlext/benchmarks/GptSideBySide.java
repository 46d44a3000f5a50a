/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.gpt.PyTorchGpt;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.sample.TokenStream;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The GPT of lecture 7 beside PyTorch's, eager and by torch.compile: batch 12, context 64, 4
 * layers, 4 heads, width 128, no dropout; from the same weights on the same batches, in turns, one
 * thread each.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.GptSideBySide
 * }</pre>
 *
 * <p>First it compares the losses of the first steps and ends with an exception if they differ.
 * Without a Python that has torch it runs our side, and says so.
 */
@Command(
        name = "GptSideBySide",
        description = "Times the GPT of lecture 7 beside PyTorch's.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class GptSideBySide implements Callable<Integer> {

    private static final int BLOCK = 64;
    private static final int BATCH = 12;
    private static final long WARM_UP = 4_000_000_000L; // nanoseconds
    private static final int STEPS = 20;
    private static final long SEED = 7;
    private static final double SAME = 1e-4;
    private static final String EAGER = "PyTorch";

    @Spec private CommandSpec spec;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Mixin private PythonOption python = new PythonOption();

    /** Creates the command; its options are read by picocli. */
    public GptSideBySide() {}

    /**
     * Runs the benchmark.
     *
     * @param args the options
     */
    public static void main(String... args) {
        System.exit(new CommandLine(new GptSideBySide()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        TextCorpus corpus = TextCorpus.of(Texts.embedded());

        try (TemporaryFolder folder = TemporaryFolder.create("gpt");
                NDManager manager = NDManager.newBaseManager()) {
            TimedLoop loop = new TimedLoop(manager, corpus, System::nanoTime);
            LanguageModel model = model(corpus);
            TimedLoop.initialize(manager, model);
            SavedModel first = new SavedModel(model, corpus.vocabulary(), corpus.source());
            Path weights = folder.path().resolve("gpt.safetensors");
            Path tokens = folder.path().resolve("tokens.i64");
            PyTorchGpt.write(first, weights);
            writeTokens(corpus.text(), tokens);
            try (PythonProcess process = python.start(out, "gpt_step.py", weights, tokens)) {
                PythonGpt torch = process == null ? null : new PythonGpt(process);
                run(manager, loop, first, torch, out);
            }
        }
        return 0;
    }

    private void run(
            NDManager manager,
            TimedLoop loop,
            SavedModel saved,
            @Nullable PythonGpt torch,
            PrintWriter out) {
        Map<String, DoubleSupplier> sides = new LinkedHashMap<>();
        sides.put("ours", () -> train(loop)[0]);
        if (torch != null) {
            compareLosses(train(loop), torch.train(false, STEPS, SEED), out);
            sides.put(EAGER, () -> torch.train(false, STEPS, SEED)[0]);
            if (python.withTorchCompile()) {
                compareLosses(train(loop), torch.train(true, STEPS, SEED), out);
                sides.put("torch.compile", () -> torch.train(true, STEPS, SEED)[0]);
            }
        }
        measure("training, tokens a second", BATCH * BLOCK, sides, out);
        generate(manager, saved, torch, BLOCK, SamplerSettings.Window.SLIDE, out);
        generate(manager, saved, torch, 500, SamplerSettings.Window.SLIDE, out);
        generate(manager, saved, torch, 500, SamplerSettings.Window.JUMP, out);
    }

    private static LanguageModel model(Corpus corpus) {
        return GptConfig.lecture(corpus.vocabulary().size(), BLOCK, 128, 4, 4, 0).model();
    }

    // The first nine tenths, which are the training text.
    private static void writeTokens(String text, Path file) throws IOException {
        long[] all =
                Arrays.stream(CharVocabulary.ofText(text).encode(text)).asLongStream().toArray();
        long[] train = Arrays.copyOf(all, (int) (0.9 * all.length));
        ByteBuffer bytes =
                ByteBuffer.allocate(Long.BYTES * train.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(train);
        Files.write(file, bytes.array());
    }

    /** Trains from the same weights each time; returns the seconds of a step and each loss. */
    private static double[] train(TimedLoop loop) {
        return loop.train(
                model(loop.corpus()),
                TrainingConfig.builder(STEPS)
                        .batchSize(BATCH)
                        .optimizer(
                                new OptimizerConfig(
                                        OptimizerConfig.Kind.ADAMW, 0.9, 0.999, 0.01, true))
                        .learningRate(LearningRate.constant(1e-3))
                        .build());
    }

    private static void compareLosses(double[] ours, double[] theirs, PrintWriter out) {
        double worst = 0;
        for (int i = 1; i <= STEPS; i++) {
            double difference = Math.abs(ours[i] - theirs[i]);
            if (!(difference <= SAME)) {
                throw new IllegalStateException(
                        "the losses of step " + (i - 1) + " are " + ours[i] + " and " + theirs[i]);
            }
            worst = Math.max(worst, difference);
        }
        out.printf(
                Locale.ROOT,
                "losses of %d steps, %.4f to %.4f, differ by at most %.1e%n",
                STEPS,
                ours[1],
                ours[STEPS],
                worst);
    }

    private void generate(
            NDManager manager,
            SavedModel saved,
            @Nullable PythonGpt torch,
            int count,
            SamplerSettings.Window window,
            PrintWriter out) {
        Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
        SamplerSettings settings = SamplerSettings.builder().length(count).window(window).build();
        Map<String, DoubleSupplier> sides = new LinkedHashMap<>();
        sides.put(
                "ours",
                () -> {
                    try (TokenStream stream = sampler.stream(settings)) {
                        long start = System.nanoTime();
                        while (stream.hasNext()) {
                            stream.nextInt();
                        }
                        return (System.nanoTime() - start) / 1e9 / count;
                    }
                });
        if (torch != null) {
            sides.put(EAGER, () -> torch.generate(count));
        }
        String name = "drawing " + count + " tokens, window " + window + ", tokens a second";
        measure(name, 1, sides, out);
    }

    /** Measures the sides in turns, ours first, and prints the medians and the ratio of speeds. */
    private void measure(
            String name, int tokens, Map<String, DoubleSupplier> named, PrintWriter out) {
        List<String> names = List.copyOf(named.keySet());
        List<DoubleSupplier> sides = List.copyOf(named.values());
        // The JVM's compiler has work on the same core until it has seen a few thousand tokens.
        double warm = 0;
        for (DoubleSupplier theirs : sides.subList(1, sides.size())) {
            warm += theirs.getAsDouble();
        }
        for (long end = System.nanoTime() + WARM_UP; System.nanoTime() < end; ) {
            warm += sides.get(0).getAsDouble();
        }
        if (!(warm > 0)) {
            throw new IllegalStateException("a clock that does not run");
        }
        double[][] speeds = new double[sides.size()][rounds.count()];
        for (int r = 0; r < rounds.count(); r++) {
            for (int s = 0; s < sides.size(); s++) {
                speeds[s][r] = tokens / sides.get(s).getAsDouble();
            }
        }
        out.printf(Locale.ROOT, "%s: %.0f", name, Timing.median(speeds[0]));
        for (int s = 1; s < speeds.length; s++) {
            out.printf(
                    Locale.ROOT,
                    "; %s %.0f, ratio %s",
                    names.get(s),
                    Timing.median(speeds[s]),
                    Timing.spread("%.2f", Timing.ratios(speeds[0], speeds[s])));
        }
        out.println();
        out.flush();
    }
}
