/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.TrainingSteps;
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

    private static final Map<String, ModelType> MODELS =
            new TreeMap<>(
                    Map.of(
                            "lecture_gpt", ModelType.GPT,
                            "makemore_bigram", ModelType.BIGRAM,
                            "makemore_mlp", ModelType.MAKEMORE_MLP,
                            "makemore_rnn", ModelType.RNN,
                            "makemore_gru", ModelType.GRU,
                            "makemore_bow", ModelType.BOW,
                            "makemore_transformer", ModelType.TRANSFORMER));

    private static final Pattern ADAMW =
            Pattern.compile("adamw_lr(\\S+)_wd(\\S+)_betas(\\S+)_(\\S+)_losses_of_(\\d+)_steps");

    private ReferenceModels() {}

    /** Runs the model of a file and compares. */
    static GradientTable compare(
            ReferenceNode root, Gradients gradients, NDManager manager, Tolerance tolerance) {
        LanguageModel model = config(root).model();
        NDArray x = root.tensor("X", manager);
        NDArray y = root.tensor("Y", manager);
        Map<String, Parameter> parameters = ParameterNames.trained(model);
        Map<String, NDArray> weights = weights(root.child("weights"), parameters, manager);
        model.initialize(manager, DataType.FLOAT64, x.getShape());
        begin(parameters, weights);

        GradientTable table = new GradientTable(tolerance);
        try (Autograd.Scope way = gradients.scope()) {
            NDArray logits = model.call(new ParameterStore(manager, false), x, true);
            NDArray want = root.tensor("logits", manager);
            table.compare("logits", logits.reshape(want.getShape()), want);
        }
        // Descent with the learning rate 1 takes each parameter's gradient off it.
        double loss = losses(model, TorchSgd.builder().build(), gradients, x, y, 1, 1)[0];
        table.compare("loss", manager.create(loss), manager.create(root.number("loss")));
        ReferenceNode grads = root.child("grads");
        weights.forEach(
                (name, start) -> {
                    NDArray end = requireNonNull(parameters.get(name)).getArray().stopGradient();
                    table.compare("d " + name, start.sub(end), grads.tensor(name, manager));
                });
        for (String name : root.names()) {
            Matcher said = ADAMW.matcher(name);
            if (said.matches()) {
                double[] want = root.numbers(name);
                if (want.length != Integer.parseInt(said.group(5))) {
                    throw new DataFileException(
                            root.place() + " " + name + " has " + want.length + " losses");
                }
                TorchAdamW adamW =
                        TorchAdamW.builder()
                                .optBetas(number(said, 3), number(said, 4))
                                .optWeightDecay(number(said, 2))
                                .build();
                begin(parameters, weights);
                double[] losses =
                        losses(model, adamW, gradients, x, y, number(said, 1), want.length);
                table.compare("losses of AdamW", manager.create(losses), manager.create(want));
            }
        }
        return table;
    }

    private static double number(Matcher said, int group) {
        return Double.parseDouble(said.group(group));
    }

    private static void begin(Map<String, Parameter> parameters, Map<String, NDArray> weights) {
        weights.forEach(
                (name, value) ->
                        InPlace.copy(requireNonNull(parameters.get(name)).getArray(), value));
    }

    /** Does steps on one batch, and returns their losses. */
    private static double[] losses(
            LanguageModel model,
            TorchOptimizer optimizer,
            Gradients gradients,
            NDArray x,
            NDArray y,
            double rate,
            int count) {
        Loss loss = LanguageModel.newLoss();
        try (optimizer;
                TrainingSteps steps =
                        new TrainingSteps(x.getManager(), model, loss, optimizer, 0, gradients)) {
            return DoubleStream.generate(() -> steps.step(x, y, rate)).limit(count).toArray();
        }
    }

    private static ModelConfig config(ReferenceNode root) {
        String name = root.text("model");
        ModelType type = MODELS.get(name);
        if (type == null) {
            throw new DataFileException(
                    "%s has the model \"%s\", which is not known here; known are %s"
                            .formatted(root.place(), name, String.join(", ", MODELS.keySet())));
        }
        ReferenceNode config = root.child("config");
        if (type == ModelType.GPT) {
            return GptConfig.lecture(
                    config.integer("vocab_size"),
                    config.integer("block_size"),
                    config.integer("n_embd"),
                    config.integer("n_head"),
                    config.integer("n_layer"),
                    config.number("dropout"));
        }
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
                    NDArray value = weights.tensor(name, manager).toType(DataType.FLOAT64, false);
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
}
