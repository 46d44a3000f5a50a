/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.model.Transformer;
import org.djlext.makemore.ninja.NinjaNetwork;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.sample.TokenStream;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.ParameterNames;
import org.jspecify.annotations.Nullable;

/** The comparisons of {@link SideBySide}; each writes its weights and data for PyTorch's side. */
final class StepCases {

    private static final int BATCH = 32;
    private static final String GPT = "gpt";

    private final NDManager manager;
    private final NamesCorpus names;
    private final TextCorpus text = TextCorpus.of(Texts.embedded());
    private final Path folder;
    private final Turns turns;
    private final @Nullable PythonProcess torch;

    /** Makes the cases, with PyTorch's side if there is one. */
    StepCases(
            NDManager manager,
            NamesCorpus names,
            Path folder,
            Turns turns,
            @Nullable PythonProcess torch) {
        this.manager = manager;
        this.names = names;
        this.folder = folder;
        this.turns = turns;
        this.torch = torch;
    }

    /** Returns all cases by their names. */
    Map<String, Supplier<Comparison>> all() {
        Map<String, Supplier<Comparison>> all = new LinkedHashMap<>();
        all.put("mlp-32-200", () -> ninja(32, 200, 3000, 1000));
        all.put("mlp-512-200", () -> ninja(512, 200, 400, 10));
        if (!turns.isQuick()) {
            all.put("mlp-512-1024", () -> ninja(512, 1024, 50, 10));
            all.put("mlp-4096-1024", () -> ninja(4096, 1024, 10, 10));
        }
        for (ModelType type : List.of(ModelType.DEEP, ModelType.WAVENET)) {
            all.put(type.toString(), () -> network(type, 1000, "lecture", "nn", "compiled-nn"));
        }
        ModelType transformer = ModelType.TRANSFORMER;
        all.put(
                transformer.toString(),
                () -> network(transformer, 100, "makemore", "sdpa", "compiled-sdpa"));
        for (ModelType type : List.of(ModelType.RNN, ModelType.GRU, ModelType.BOW)) {
            all.put(type.toString(), () -> network(type, 300, type.toString(), "compiled-" + type));
        }
        all.put(GPT, this::gpt);
        all.put("gpt-draw-64", () -> drawing(64, SamplerSettings.Window.SLIDE));
        all.put("gpt-draw-500", () -> drawing(500, SamplerSettings.Window.SLIDE));
        all.put("gpt-draw-500-jump", () -> drawing(500, SamplerSettings.Window.JUMP));
        return all;
    }

    /** Exercise 4 of lecture 5. */
    private Comparison ninja(int batchSize, int hidden, int steps, int compared) {
        TimedLoop loop =
                new TimedLoop(manager, names, owner -> new NinjaNetwork(draw(owner, hidden)));
        String name = "mlp-" + batchSize + "-" + hidden;
        try (NDManager sub = manager.newSubManager()) {
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            List<NDArray> values = draw(sub, hidden).list();
            for (int i = 0; i < values.size(); i++) {
                tensors.put(NinjaParameters.NAMES.get(i), values.get(i));
            }
            write(name, tensors, loop);
        }
        return comparison(
                name,
                "exercise 4 of lecture 5: batch " + batchSize + ", hidden " + hidden,
                loop,
                settings(steps, batchSize, OptimizerConfig.sgd(0), 0.1),
                compared,
                1e-4,
                "manual",
                "autograd",
                "compiled-manual");
    }

    private static NinjaParameters draw(NDManager manager, int hidden) {
        return NinjaParameters.draw(
                manager, new TorchGenerator(TimedLoop.SEED), CharVocabulary.LETTERS.size(), hidden);
    }

    /** A network of lectures 3 to 6, by gradient descent, or of the makemore program, by AdamW. */
    private Comparison network(ModelType type, int steps, String... variants) {
        ModelConfig sizes = type.defaults(CharVocabulary.LETTERS.size(), names.longest());
        boolean lecture = sizes.model() instanceof ContextModel;
        OptimizerConfig optimizer = lecture ? OptimizerConfig.sgd(0) : OptimizerConfig.adamW(0.01);
        TrainingConfig settings = settings(steps, BATCH, optimizer, lecture ? 0.1 : 5e-4);
        return model(type.toString(), names, sizes, settings, variants);
    }

    /** The GPT of lecture 7 without dropout. */
    private Comparison gpt() {
        OptimizerConfig adamW =
                new OptimizerConfig(OptimizerConfig.Kind.ADAMW, 0.9, 0.999, 0.01, true);
        return model(
                GPT,
                text,
                gpt(text),
                settings(20, 12, adamW, 1e-3),
                "lecture7",
                "compiled-lecture7");
    }

    /** The sizes of the GPT that is measured: context 64, 4 layers, 4 heads, width 128. */
    static GptConfig gpt(TextCorpus ofText) {
        return GptConfig.lecture(ofText.vocabulary().size(), 64, 128, 4, 4, 0);
    }

    private static TrainingConfig settings(
            int steps, int batchSize, OptimizerConfig optimizer, double rate) {
        return TrainingConfig.builder(steps)
                .batchSize(batchSize)
                .optimizer(optimizer)
                .learningRate(LearningRate.constant(rate))
                .build();
    }

    private Comparison model(
            String name,
            Corpus corpus,
            ModelConfig sizes,
            TrainingConfig settings,
            String... variants) {
        TimedLoop loop = new TimedLoop(manager, corpus, owner -> sizes.model());
        String title =
                "%s, batch %d, %s"
                        .formatted(
                                write(name, loop, sizes),
                                settings.batchSize(),
                                settings.optimizer().kind());
        int steps = turns.part(settings.maxSteps());
        return comparison(name, title, loop, settings, steps, 1e-3, variants);
    }

    private Comparison comparison(
            String name,
            String title,
            TimedLoop loop,
            TrainingConfig settings,
            int compared,
            double tolerance,
            String... variants) {
        int steps = turns.part(settings.maxSteps());
        List<Side> sides = new ArrayList<>();
        for (Gradients way : Gradients.values()) {
            sides.add(side(way.description(), way, settings, loop::train));
        }
        for (Gradients way : List.of(Gradients.COMPILED, Gradients.ENGINE)) {
            sides.add(side("EasyTrain, " + way.description(), way, settings, loop::easyTrain));
        }
        for (String variant : variants) {
            addPyTorch(sides, name, variant, settings.batchSize(), steps);
        }
        return new Comparison(title, compared, tolerance, sides);
    }

    private Side side(
            String name,
            Gradients way,
            TrainingConfig settings,
            Function<TrainingConfig, double[]> training) {
        TrainingConfig.Builder own = settings.toBuilder().gradients(way);
        return new Side(
                name,
                turns.part(settings.maxSteps()),
                n -> training.apply(own.maxSteps(n).build()));
    }

    private void addPyTorch(
            List<Side> sides, String name, String variant, int batchSize, int steps) {
        if (torch != null && torch.has(variant)) {
            String command = "%s %s %d %%d %d".formatted(name, variant, batchSize, TimedLoop.SEED);
            sides.add(new Side("PyTorch, " + variant, steps, n -> torch.ask(command.formatted(n))));
        }
    }

    /** Tokens of the GPT, with a cache here and without one in the lecture. */
    private Comparison drawing(int tokens, SamplerSettings.Window window) {
        GptConfig sizes = gpt(text);
        TimedLoop loop = new TimedLoop(manager, text, owner -> sizes.model());
        write(GPT, loop, sizes);
        Sampler sampler = new Sampler(manager, loop.start(manager), text.vocabulary());
        List<Side> sides = new ArrayList<>();
        sides.add(new Side("cached", tokens, n -> draw(sampler, n, window)));
        addPyTorch(sides, GPT, "generate", 1, tokens);
        String title = "%d tokens of the GPT, window %s, a step each".formatted(tokens, window);
        return new Comparison(title, 0, 0, sides);
    }

    private static double[] draw(Sampler sampler, int count, SamplerSettings.Window window) {
        SamplerSettings settings = SamplerSettings.PLAIN.length(count).window(window);
        try (TokenStream stream = sampler.stream(settings)) {
            long start = System.nanoTime();
            while (stream.hasNext()) {
                stream.nextInt();
            }
            return new double[] {Timing.secondsSince(start) / count};
        }
    }

    /** Writes weights and data, and returns the model's description. */
    private String write(String name, TimedLoop loop, ModelConfig config) {
        try (NDManager sub = manager.newSubManager()) {
            LanguageModel model = loop.start(sub);
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            ParameterNames.trained(model).forEach((key, p) -> tensors.put(key, p.getArray()));
            if (config instanceof Transformer.Config sizes) {
                tensors.put("size.layers", sub.create((long) sizes.layers()));
                tensors.put("size.heads", sub.create((long) sizes.heads()));
            }
            if (model instanceof ContextModel network) {
                List<Block> layers = network.layers().layers();
                tensors.put("size.layers", sub.create((long) layers.size()));
                for (int i = 0; i < layers.size(); i++) {
                    if (layers.get(i) instanceof FlattenConsecutive flatten) {
                        tensors.put("size.flatten." + i, sub.create(flatten.n()));
                    }
                }
            }
            write(name, tensors, loop);
            return model.toString();
        }
    }

    /** Writes weights, and the data as a model takes them. */
    private void write(String name, Map<String, NDArray> tensors, TimedLoop loop) {
        try (NDManager sub = manager.newSubManager()) {
            Examples examples = loop.examples(loop.model().apply(sub));
            Examples.Batch all = examples.slice(sub, 0, examples.size());
            tensors.put("x", all.x());
            tensors.put("y", all.y());
            PythonProcess.write(tensors, folder.resolve(name + ".safetensors"));
        }
    }
}
