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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.gpt.PyTorchGpt;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.sample.TokenStream;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The GPT of lecture 7 beside PyTorch's, eager and by torch.compile: batch 12, context 64, 4
 * layers, 4 heads, width 128, no dropout; from the same weights on the same batches, in turns, one
 * thread each.
 *
 * <p>First it compares the losses of the first steps and ends with an exception if they differ.
 * Without a Python that has torch it runs our side, and says so.
 */
@Command(name = "GptSideBySide", description = "Times the GPT of lecture 7 beside PyTorch's.")
final class GptSideBySide extends Benchmark {

    private static final double WARM_UP_SECONDS = 4;
    private static final int STEPS = 20;
    private static final double SAME = 1e-4;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Mixin private PythonOption python = new PythonOption();

    private final TextCorpus corpus = TextCorpus.of(Texts.embedded());

    /** What is timed: its name, and the seconds of a step or a token. */
    private record Timed(String name, DoubleSupplier seconds) {}

    public static void main(String... args) {
        main(new GptSideBySide(), args);
    }

    @Override
    boolean run() throws IOException {
        Path folder = Files.createTempDirectory("gpt");
        try (NDManager manager = NDManager.newBaseManager()) {
            TimedLoop loop = new TimedLoop(manager, corpus, System::nanoTime);
            LanguageModel model = model();
            TimedLoop.initialize(manager, model);
            SavedModel first = new SavedModel(model, corpus.vocabulary(), corpus.source());
            Path weights = folder.resolve("gpt.safetensors");
            Path tokens = folder.resolve("tokens.i64");
            PyTorchGpt.write(first, weights);
            writeTokens(corpus.text(), tokens);
            try (PythonProcess torch = python.start(out(), "gpt_step.py", weights, tokens)) {
                train(loop, torch);
                Sampler sampler = new Sampler(manager, model, corpus.vocabulary());
                generate(sampler, TimedLoop.GPT_BLOCK, SamplerSettings.Window.SLIDE, torch);
                generate(sampler, 500, SamplerSettings.Window.SLIDE, torch);
                generate(sampler, 500, SamplerSettings.Window.JUMP, torch);
            }
        } finally {
            delete(folder);
        }
        return true;
    }

    private LanguageModel model() {
        return TimedLoop.gpt(corpus.vocabulary().size()).model();
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

    private void train(TimedLoop loop, @Nullable PythonProcess torch) {
        List<Timed> sides = new ArrayList<>();
        sides.add(new Timed("ours", () -> train(loop)[0]));
        if (torch != null) {
            compare(sides, loop, torch, "PyTorch", "train");
            if (python.withTorchCompile()) {
                compare(sides, loop, torch, "torch.compile", "compiled");
            }
        }
        measure("training, tokens a second", TimedLoop.GPT_BATCH * TimedLoop.GPT_BLOCK, sides);
    }

    /** Trains from the same weights each time; returns the seconds of a step and each loss. */
    private double[] train(TimedLoop loop) {
        return loop.train(model(), TimedLoop.gptSettings(Gradients.COMPILED, STEPS));
    }

    /** Adds a side of PyTorch's, once it has been seen to have our losses. */
    private void compare(
            List<Timed> sides, TimedLoop loop, PythonProcess torch, String name, String way) {
        String command = way + " " + STEPS + " " + TimedLoop.SEED;
        double[] ours = train(loop);
        double[] theirs = torch.ask(command);
        double worst = 0;
        for (int i = 1; i <= STEPS; i++) {
            double difference = Math.abs(ours[i] - theirs[i]);
            if (!(difference <= SAME)) {
                throw new IllegalStateException(
                        "the losses of step " + (i - 1) + " are " + ours[i] + " and " + theirs[i]);
            }
            worst = Math.max(worst, difference);
        }
        out().printf(
                        Locale.ROOT,
                        "losses of %d steps, %.4f to %.4f, differ by at most %.1e%n",
                        STEPS,
                        ours[1],
                        ours[STEPS],
                        worst);
        sides.add(new Timed(name, () -> torch.ask(command)[0]));
    }

    private void generate(
            Sampler sampler,
            int count,
            SamplerSettings.Window window,
            @Nullable PythonProcess torch) {
        SamplerSettings settings = SamplerSettings.builder().length(count).window(window).build();
        List<Timed> sides = new ArrayList<>();
        sides.add(
                new Timed(
                        "ours",
                        () -> {
                            try (TokenStream stream = sampler.stream(settings)) {
                                long start = System.nanoTime();
                                while (stream.hasNext()) {
                                    stream.nextInt();
                                }
                                return (System.nanoTime() - start) / 1e9 / count;
                            }
                        }));
        if (torch != null) {
            sides.add(new Timed("PyTorch", () -> torch.ask("generate " + count)[0]));
        }
        String what = "drawing %d tokens, window %s, tokens a second";
        measure(what.formatted(count, window), 1, sides);
    }

    /** Measures the sides in turns, ours first, and prints the medians and the ratio of speeds. */
    private void measure(String name, int tokens, List<Timed> sides) {
        List<DoubleSupplier> seconds = sides.stream().map(Timed::seconds).toList();
        // The JVM's compiler has work on the same core until it has seen a few thousand tokens.
        Timing.ofSeconds(1, 0, seconds);
        for (long start = System.nanoTime();
                (System.nanoTime() - start) / 1e9 < WARM_UP_SECONDS; ) {
            Timing.ofSeconds(1, 0, seconds.subList(0, 1));
        }
        Timing t = Timing.ofSeconds(rounds.count(), 0, seconds);
        PrintWriter out = out();
        out.printf(Locale.ROOT, "%s: %.0f", name, tokens / t.median(0));
        for (int s = 1; s < sides.size(); s++) {
            out.printf(
                    Locale.ROOT,
                    "; %s %.0f, ratio %s",
                    sides.get(s).name,
                    tokens / t.median(s),
                    t.ratio(s, 0));
        }
        out.println();
        out.flush();
    }
}
