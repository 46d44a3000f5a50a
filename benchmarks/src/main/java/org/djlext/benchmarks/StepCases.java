/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.model.Transformer;
import org.djlext.makemore.ninja.NinjaNetwork;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.makemore.train.Gradients;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.ParameterNames;

/** The training steps of {@link SideBySide}; each writes its weights for the other side. */
final class StepCases {

    static final long SEED = TimedLoop.SEED;

    private final NDManager manager;
    private final NamesCorpus corpus;
    private final Path folder;
    private final TimedLoop loop;

    StepCases(NDManager manager, NamesCorpus corpus, Path folder) {
        this.manager = manager;
        this.corpus = corpus;
        this.folder = folder;
        loop = new TimedLoop(manager, corpus, System::nanoTime);
    }

    /** The ways of our side, the default first. */
    private static List<Side> sides(int steps, BiFunction<Gradients, Integer, double[]> training) {
        return Arrays.stream(Gradients.values())
                .map(g -> new Side(g.description(), steps, n -> training.apply(g, n)))
                .toList();
    }

    /** Exercise 4 of lecture 5. */
    StepCase mlp(int batchSize, int hidden, int steps) {
        String name = "mlp-" + batchSize + "-" + hidden;
        try (NDManager sub = manager.newSubManager()) {
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            NDList list = draw(sub, hidden).list();
            for (int i = 0; i < list.size(); i++) {
                tensors.put(NinjaParameters.NAMES.get(i), list.get(i));
            }
            write(name, tensors, new NinjaNetwork(draw(sub, hidden)));
        }
        return new StepCase(
                name,
                "exercise 4 of lecture 5: batch " + batchSize + ", hidden " + hidden,
                batchSize > 32 ? Math.min(steps, 10) : 1000,
                1e-4,
                sides(steps, (gradients, n) -> trainMlp(gradients, batchSize, hidden, n)),
                List.of("manual", "autograd", "compiled-manual"),
                batchSize);
    }

    private static NinjaParameters draw(NDManager manager, int hidden) {
        return NinjaParameters.draw(
                manager, new TorchGenerator(SEED), CharVocabulary.LETTERS.size(), hidden);
    }

    private double[] trainMlp(Gradients gradients, int batchSize, int hidden, int steps) {
        try (NDManager sub = manager.newSubManager()) {
            NinjaNetwork network = new NinjaNetwork(draw(sub, hidden));
            return loop.train(
                    network,
                    TimedLoop.settings(network, gradients, steps).toBuilder()
                            .batchSize(batchSize)
                            .build());
        }
    }

    /** A network of lectures 3 to 6. */
    StepCase network(ModelType type, int steps) {
        return model(type, "", steps, List.of("lecture", "nn", "compiled-nn"));
    }

    /** A network of the makemore program. */
    StepCase makemore(ModelType type, int steps) {
        List<String> variants =
                type == ModelType.TRANSFORMER
                        ? List.of("makemore", "sdpa", "compiled-sdpa")
                        : List.of(type.toString(), "compiled-" + type);
        return model(type, ", AdamW", steps, variants);
    }

    private StepCase model(ModelType type, String how, int steps, List<String> variants) {
        ModelConfig config = type.defaults(CharVocabulary.LETTERS.size(), corpus.longest());
        String title = write(type.toString(), config);
        return new StepCase(
                type.toString(),
                title + ", batch " + TimedLoop.BATCH + how,
                steps,
                1e-3,
                sides(steps, (gradients, n) -> train(config.model(), gradients, n)),
                variants,
                TimedLoop.BATCH);
    }

    private double[] train(LanguageModel model, Gradients gradients, int steps) {
        return loop.train(model, TimedLoop.settings(model, gradients, steps));
    }

    /** Writes weights and data, and returns the model's description. */
    private String write(String name, ModelConfig config) {
        try (NDManager sub = manager.newSubManager()) {
            LanguageModel model = config.model();
            TimedLoop.initialize(sub, model);
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
            write(name, tensors, model);
            return model.toString();
        }
    }

    /** Writes weights, and the data as a model takes them. */
    private void write(String name, Map<String, NDArray> tensors, LanguageModel model) {
        try (NDManager sub = manager.newSubManager()) {
            Examples examples = loop.examples(model);
            Examples.Batch all = examples.slice(sub, 0, examples.size());
            tensors.put("x", all.x());
            tensors.put("y", all.y());
            PythonProcess.write(tensors, folder.resolve(name + ".safetensors"));
        }
    }
}
