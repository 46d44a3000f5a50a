/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.gpt.Gpt;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.TrainingSteps;
import org.djlext.nn.Layer;
import org.djlext.nn.ParameterNames;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;
import org.djlext.torch.ops.InPlace;

/**
 * Compares models with reference files: weights, input and targets in; logits, loss, the gradient
 * of each weight and the losses of a few steps of AdamW out.
 *
 * <p>A file has {@code model}, {@code config}, {@code X}, {@code Y}, {@code weights} and {@code
 * grads} by PyTorch's names, {@code logits}, {@code loss}, and a list of losses whose name says how
 * they came about, such as {@code adamw_lr5e-4_wd0.01_betas0.9_0.99_losses_of_5_steps}.
 */
final class ReferenceModels {

    private static final String GPT = "lecture_gpt";

    private static final Map<String, ModelType> MODELS =
            new TreeMap<>(
                    Map.of(
                            "makemore_bigram", ModelType.BIGRAM,
                            "makemore_mlp", ModelType.MAKEMORE_MLP,
                            "makemore_rnn", ModelType.RNN,
                            "makemore_gru", ModelType.GRU,
                            "makemore_bow", ModelType.BOW,
                            "makemore_transformer", ModelType.TRANSFORMER));

    private ReferenceModels() {}

    /** Runs the model of a file and compares. */
    static GradientTable compare(
            ReferenceNode root, Gradients gradients, NDManager manager, Tolerance tolerance) {
        Subject subject = subject(root);
        Layer model = subject.model;
        NDArray x = root.tensor("X", manager);
        NDArray y = root.tensor("Y", manager);
        Map<String, Parameter> parameters = ParameterNames.trained(model);
        Map<String, NDArray> weights = weights(root.child("weights"), parameters, manager);
        model.initialize(manager, DataType.FLOAT64, x.getShape());
        parameters.forEach(
                (name, parameter) ->
                        InPlace.copy(
                                parameter.getArray(),
                                Objects.requireNonNull(weights.get(name), name)));

        GradientTable table = new GradientTable(tolerance);
        try (Autograd.Scope way = gradients.scope()) {
            NDArray logits = model.call(new ParameterStore(manager, false), x, true);
            NDArray want = root.tensor("logits", manager);
            table.compare("logits", logits.reshape(want.getShape()), want);
        }
        compareGradients(root, subject, gradients, x, y, manager, table);
        for (AdamWRun run : AdamWRun.all(root)) {
            double[] want = run.losses().stream().mapToDouble(d -> d).toArray();
            double[] losses = new double[want.length];
            try (TorchAdamW adamW = run.optimizer();
                    TrainingSteps steps = steps(subject, adamW, gradients, manager)) {
                for (int i = 0; i < losses.length; i++) {
                    losses[i] = steps.step(x, y, run.rate());
                }
            }
            table.compare("losses of AdamW", manager.create(losses), manager.create(want));
        }
        return table;
    }

    private static TrainingSteps steps(
            Subject subject, TorchOptimizer optimizer, Gradients gradients, NDManager manager) {
        return new TrainingSteps(manager, subject.model, subject.loss, optimizer, 0, gradients);
    }

    /** Descent with the learning rate 1 takes each parameter's gradient off it. */
    private static void compareGradients(
            ReferenceNode root,
            Subject subject,
            Gradients gradients,
            NDArray x,
            NDArray y,
            NDManager manager,
            GradientTable table) {
        Map<String, Parameter> parameters = ParameterNames.trained(subject.model);
        Map<String, NDArray> start = new LinkedHashMap<>();
        parameters.forEach((name, p) -> start.put(name, p.getArray().stopGradient().duplicate()));
        try (TorchSgd sgd = TorchSgd.builder().build();
                TrainingSteps steps = steps(subject, sgd, gradients, manager)) {
            double loss = steps.step(x, y, 1);
            table.compare("loss", manager.create(loss), manager.create(root.number("loss")));
        }
        ReferenceNode grads = root.child("grads");
        parameters.forEach(
                (name, parameter) -> {
                    NDArray before = Objects.requireNonNull(start.get(name));
                    NDArray gradient = before.sub(parameter.getArray().stopGradient());
                    table.compare("d " + name, gradient, grads.tensor(name, manager));
                    InPlace.copy(parameter.getArray(), before);
                });
    }

    /** A model, and what it minimizes. */
    private record Subject(Layer model, Loss loss) {}

    private static Subject subject(ReferenceNode root) {
        String name = root.text("model");
        ReferenceNode config = root.child("config");
        if (name.equals(GPT)) {
            return new Subject(new Gpt(gpt(config)), LanguageModel.newLoss());
        }
        ModelType type = MODELS.get(name);
        if (type == null) {
            throw new DataFileException(
                    "%s has the model \"%s\", which is not known here; known are %s, %s"
                            .formatted(
                                    root.place(), name, GPT, String.join(", ", MODELS.keySet())));
        }
        return new Subject(config(type, config).model(), LanguageModel.newLoss());
    }

    private static GptConfig gpt(ReferenceNode config) {
        return GptConfig.lecture(
                config.integer("vocab_size"),
                config.integer("block_size"),
                config.integer("n_embd"),
                config.integer("n_head"),
                config.integer("n_layer"),
                config.number("dropout"));
    }

    private static ModelConfig config(ModelType type, ReferenceNode config) {
        return type.defaults(config.integer("vocab_size"), 0)
                .with(
                        Map.of(
                                "blockSize", config.integer("block_size"),
                                "layers", config.integer("n_layer"),
                                "embedding", config.integer("n_embd"),
                                "hidden", config.integer("n_embd2"),
                                "heads", config.integer("n_head")));
    }

    /** Reads the weights, and checks that they are the model's before there is memory for those. */
    private static Map<String, NDArray> weights(
            ReferenceNode weights, Map<String, Parameter> parameters, NDManager manager) {
        if (!List.copyOf(parameters.keySet()).containsAll(weights.names())
                || weights.names().size() != parameters.size()) {
            throw new DataFileException(
                    "%s must have %s, but has %s"
                            .formatted(weights.place(), parameters.keySet(), weights.names()));
        }
        Map<String, NDArray> values = new LinkedHashMap<>();
        parameters.forEach(
                (name, parameter) -> {
                    NDArray value = weights.tensor(name, manager);
                    if (!value.getShape().equals(parameter.getShape())) {
                        throw new DataFileException(
                                "%s.%s must have the shape %s, but has %s"
                                        .formatted(
                                                weights.place(),
                                                name,
                                                parameter.getShape(),
                                                value.getShape()));
                    }
                    values.put(name, value);
                });
        return values;
    }

    /** Some steps of AdamW on one batch, as a reference file has them. */
    private record AdamWRun(
            double rate, double weightDecay, double beta1, double beta2, List<Double> losses) {

        TorchAdamW optimizer() {
            return TorchAdamW.builder().optBetas(beta1, beta2).optWeightDecay(weightDecay).build();
        }

        private static final Pattern NAME =
                Pattern.compile(
                        "adamw_lr(\\S+)_wd(\\S+)_betas(\\S+)_(\\S+)_losses_of_(\\d+)_steps");

        static List<AdamWRun> all(ReferenceNode root) {
            List<AdamWRun> all = new ArrayList<>();
            for (String name : root.names()) {
                Matcher matcher = NAME.matcher(name);
                if (matcher.matches()) {
                    double rate = Double.parseDouble(matcher.group(1));
                    List<Double> losses = Arrays.stream(root.numbers(name)).boxed().toList();
                    if (losses.size() != Integer.parseInt(matcher.group(5))) {
                        throw new DataFileException(
                                root.place() + " " + name + " has " + losses.size() + " losses");
                    }
                    all.add(
                            new AdamWRun(
                                    rate,
                                    Double.parseDouble(matcher.group(2)),
                                    Double.parseDouble(matcher.group(3)),
                                    Double.parseDouble(matcher.group(4)),
                                    losses));
                }
            }
            return all;
        }
    }
}
