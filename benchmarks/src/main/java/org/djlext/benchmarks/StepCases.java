/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.layer.FlattenConsecutive;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.ninja.ManualStep;
import org.djlext.makemore.ninja.ManualTrainer;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.makemore.train.Corpus;
import org.djlext.makemore.train.Examples;
import org.djlext.makemore.train.SgdUpdate;

/** The training steps of {@link SideBySide}; each writes its weights for the other side. */
final class StepCases {

    static final long SEED = TimedLoop.SEED;

    private static final double RATE = 0.1;

    private final NDManager manager;
    private final Corpus corpus;
    private final Path folder;

    StepCases(NDManager manager, Corpus corpus, Path folder) {
        this.manager = manager;
        this.corpus = corpus;
        this.folder = folder;
    }

    /** Exercise 4 of lecture 5. */
    StepCase mlp(int batchSize, int hidden, int steps) {
        Contexts train =
                Contexts.of(corpus.split().train(), NinjaParameters.BLOCK_SIZE, vocabulary());
        String name = "mlp-" + batchSize + "-" + hidden;
        List<Side> sides = new ArrayList<>();
        try (NDManager sub = manager.newSubManager()) {
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            NinjaParameters p = draw(sub, hidden);
            sides.add(new Side("fused script", n -> fusedMlp(train, batchSize, hidden, n), true));
            NDList list = p.list();
            for (int i = 0; i < list.size(); i++) {
                tensors.put(NinjaParameters.NAMES.get(i), list.get(i));
            }
            tensors.put("x", train.x(sub, 0, train.size()));
            tensors.put("y", train.y(sub, 0, train.size()));
            write(name, tensors);
        }
        sides.add(
                new Side(
                        "manual backward of NDArray operations",
                        n -> recordedMlp(train, batchSize, hidden, n, false),
                        true));
        sides.add(
                new Side(
                        "the engine's autograd over NDArray operations",
                        n -> recordedMlp(train, batchSize, hidden, n, true),
                        true));
        return new StepCase(
                name,
                "exercise 4 of lecture 5: batch " + batchSize + ", hidden " + hidden,
                steps,
                batchSize > 32 ? Math.min(steps, 10) : 1000,
                1e-4,
                sides,
                List.of("manual", "autograd"),
                batchSize);
    }

    private static NinjaParameters draw(NDManager manager, int hidden) {
        return NinjaParameters.draw(
                manager, new TorchGenerator(SEED), CharVocabulary.LETTERS.size(), hidden);
    }

    private CharVocabulary vocabulary() {
        return CharVocabulary.LETTERS;
    }

    private double[] fusedMlp(Contexts train, int batchSize, int hidden, int steps) {
        double[] answer = new double[steps + 1];
        try (NDManager sub = manager.newSubManager()) {
            NinjaParameters p = draw(sub, hidden);
            TorchGenerator generator = new TorchGenerator(SEED);
            ManualTrainer trainer =
                    new ManualTrainer(sub, p, train, generator, batchSize, Integer.MAX_VALUE);
            long start = System.nanoTime();
            trainer.train(0, steps, (step, loss) -> answer[step + 1] = loss);
            answer[0] = (System.nanoTime() - start) / 1e9 / steps;
        }
        return answer;
    }

    private double[] recordedMlp(
            Contexts train, int batchSize, int hidden, int steps, boolean recorded) {
        double[] answer = new double[steps + 1];
        try (NDManager sub = manager.newSubManager()) {
            NinjaParameters p = draw(sub, hidden);
            TorchGenerator generator = new TorchGenerator(SEED);
            ManualStep step = new ManualStep(sub, batchSize, vocabulary().size());
            NDArray rate = sub.create((float) RATE);
            p.list().forEach(parameter -> parameter.setRequiresGradient(recorded));
            long start = System.nanoTime();
            for (int i = 1; i <= steps; i++) {
                try (NDManager ofStep = sub.newSubManager()) {
                    long[] rows = generator.randint(ofStep, train.size(), batchSize);
                    NDArray xb = train.x(ofStep, rows);
                    NDArray yb = train.y(ofStep, rows);
                    answer[i] =
                            recorded ? recorded(step, p, xb, yb) : manual(step, p, xb, yb, rate);
                }
            }
            answer[0] = (System.nanoTime() - start) / 1e9 / steps;
        }
        return answer;
    }

    private static double manual(
            ManualStep step, NinjaParameters p, NDArray xb, NDArray yb, NDArray rate) {
        ManualStep.Forward forward = step.forward(p, xb, yb);
        NDList gradients = step.backward(forward, p, xb, yb);
        NDList list = p.list();
        for (int k = 0; k < list.size(); k++) {
            list.get(k).subi(gradients.get(k).muli(rate));
        }
        return forward.loss().getFloat();
    }

    private static double recorded(ManualStep step, NinjaParameters p, NDArray xb, NDArray yb) {
        double loss;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            ManualStep.Forward forward = step.forward(p, xb, yb);
            collector.backward(forward.loss());
            loss = forward.loss().getFloat();
        }
        SgdUpdate.apply(p.list(), RATE);
        return loss;
    }

    /** A network of lectures 3 to 6. */
    StepCase network(ModelType type, int steps) {
        return model(type, "", steps, List.of("lecture", "nn"));
    }

    /** The makemore program's transformer. */
    StepCase transformer(int steps) {
        return model(ModelType.TRANSFORMER, ", AdamW", steps, List.of("makemore", "sdpa"));
    }

    private StepCase model(ModelType type, String how, int steps, List<String> variants) {
        ModelConfig config = type.defaults(vocabulary().size(), corpus.longest());
        String title = write(type.toString(), config);
        TimedLoop loop = new TimedLoop(manager, corpus, System::nanoTime);
        return new StepCase(
                type.toString(),
                title + ", batch " + TimedLoop.BATCH + how,
                steps,
                steps,
                1e-3,
                Stream.of(Gradients.FUSED, Gradients.MANUAL, Gradients.ENGINE)
                        .map(
                                g ->
                                        new Side(
                                                g.description(),
                                                n -> loop.train(config.model(g), n),
                                                true))
                        .toList(),
                variants,
                TimedLoop.BATCH);
    }

    /** Writes weights and data, and returns the model's description. */
    private String write(String name, ModelConfig config) {
        try (NDManager sub = manager.newSubManager()) {
            LanguageModel model = config.model(Gradients.ENGINE);
            TimedLoop.initialize(sub, model);
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            ParameterNames.trained(model).forEach((key, p) -> tensors.put(key, p.getArray()));
            Examples examples = Examples.of(sub, model, corpus.split().train(), vocabulary());
            Examples.Batch all = examples.slice(sub, 0, examples.size());
            tensors.put("x", all.x());
            tensors.put("y", all.y());
            tensors.put("size.layers", sub.create((long) config.layers()));
            tensors.put("size.heads", sub.create((long) config.heads()));
            if (model instanceof ContextModel network) {
                List<Layer> layers = network.layers().layers();
                tensors.put("size.layers", sub.create((long) layers.size()));
                for (int i = 0; i < layers.size(); i++) {
                    if (layers.get(i) instanceof FlattenConsecutive flatten) {
                        tensors.put("size.flatten." + i, sub.create(flatten.n()));
                    }
                }
            }
            write(name, tensors);
            return model.toString();
        }
    }

    private void write(String name, Map<String, NDArray> tensors) {
        try (NDList list = new NDList()) {
            tensors.forEach(
                    (key, tensor) -> {
                        NDArray copy = tensor.duplicate();
                        copy.setName(key);
                        list.add(copy);
                    });
            try (OutputStream out = Files.newOutputStream(folder.resolve(name + ".safetensors"))) {
                list.encode(out, NDList.Encoding.SAFETENSORS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
