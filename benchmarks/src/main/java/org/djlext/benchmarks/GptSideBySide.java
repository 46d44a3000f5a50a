/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 * <p>First it compares the losses of the first steps; where they differ the exit code is 1. Without
 * a Python that has torch it runs our side, and says so.
 */
@Command(name = "GptSideBySide", description = "Times the GPT of lecture 7 beside PyTorch's.")
final class GptSideBySide extends Benchmark {

    private static final double WARM_UP_SECONDS = 4;
    private static final int STEPS = 20;
    private static final double SAME = 1e-4;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Mixin private PythonOption python = new PythonOption();

    private final TextCorpus corpus = TextCorpus.of(Texts.embedded());

    public static void main(String... args) {
        main(new GptSideBySide(), args);
    }

    @Override
    boolean run() throws IOException {
        try (Scratch scratch = Scratch.create("gpt");
                NDManager manager = NDManager.newBaseManager()) {
            TimedLoop loop = new TimedLoop(manager, corpus, System::nanoTime);
            LanguageModel model = model();
            TimedLoop.initialize(manager, model);
            Path weights = scratch.resolve("gpt.safetensors");
            Path tokens = scratch.resolve("tokens.i64");
            PyTorchGpt.write(new SavedModel(model, corpus.vocabulary(), corpus.source()), weights);
            writeTokens(corpus.text(), tokens);
            try (PythonProcess torch = python.start(out(), "gpt_step.py", weights, tokens)) {
                boolean same = train(loop, torch);
                Sampler sampler = new Sampler(manager, model, corpus.vocabulary());
                generate(sampler, TimedLoop.GPT_BLOCK, SamplerSettings.Window.SLIDE, torch);
                generate(sampler, 500, SamplerSettings.Window.SLIDE, torch);
                generate(sampler, 500, SamplerSettings.Window.JUMP, torch);
                return same;
            }
        }
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

    private boolean train(TimedLoop loop, @Nullable PythonProcess torch) {
        List<Side> sides = new ArrayList<>();
        sides.add(
                new Side(
                        "ours",
                        STEPS,
                        n -> loop.train(model(), TimedLoop.gptSettings(Gradients.COMPILED, n))));
        boolean same = true;
        if (torch != null) {
            sides.add(pyTorch("PyTorch", "train", torch));
            if (python.withTorchCompile()) {
                sides.add(pyTorch("torch.compile", "compiled", torch));
            }
            same = Side.agree(sides, STEPS, SAME, out());
        }
        measure("training, tokens a second", TimedLoop.GPT_BATCH * TimedLoop.GPT_BLOCK, sides);
        return same;
    }

    private static Side pyTorch(String name, String way, PythonProcess torch) {
        return new Side(name, STEPS, n -> torch.ask(way + " " + n + " " + TimedLoop.SEED));
    }

    private void generate(
            Sampler sampler,
            int count,
            SamplerSettings.Window window,
            @Nullable PythonProcess torch) {
        List<Side> sides = new ArrayList<>();
        sides.add(new Side("ours", count, n -> draw(sampler, n, window)));
        if (torch != null) {
            sides.add(new Side("PyTorch", count, n -> torch.ask("generate " + n)));
        }
        String what = "drawing %d tokens, window %s, tokens a second";
        measure(what.formatted(count, window), 1, sides);
    }

    private static double[] draw(Sampler sampler, int count, SamplerSettings.Window window) {
        SamplerSettings settings = SamplerSettings.PLAIN.length(count).window(window);
        try (TokenStream stream = sampler.stream(settings)) {
            long start = System.nanoTime();
            while (stream.hasNext()) {
                stream.nextInt();
            }
            return new double[] {(System.nanoTime() - start) / 1e9 / count};
        }
    }

    /** Measures the sides in turns, ours first, and prints the medians and the ratio of speeds. */
    private void measure(String name, int tokens, List<Side> sides) {
        // The JVM's compiler has work on the same core until it has seen a few thousand tokens.
        Timing.ofSides(1, sides);
        for (long start = System.nanoTime();
                (System.nanoTime() - start) / 1e9 < WARM_UP_SECONDS; ) {
            sides.get(0).seconds();
        }
        Timing t = Timing.ofSides(rounds.count(), sides);
        out().print("%s: %.0f", name, tokens / t.median(0));
        for (int s = 1; s < sides.size(); s++) {
            out().print(
                            "; %s %.0f, ratio %s",
                            sides.get(s).name(), tokens / t.median(s), t.ratio(s, 0));
        }
        out().line("");
    }
}
