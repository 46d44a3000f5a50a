/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.gpt.Gpt;
import org.djlext.makemore.gpt.GptCompute;
import org.djlext.makemore.gpt.GptConfig;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.AdamWUpdate;
import org.djlext.torch.ops.InPlace;

/**
 * Compares models with reference files: weights, input and targets in; logits, loss, the gradient
 * of each weight and the losses of a few steps of AdamW out.
 *
 * <p>A file has {@code model}, {@code config}, {@code X}, {@code Y}, {@code weights} and {@code
 * grads} by PyTorch's names, {@code logits}, {@code loss}, and a list of losses whose name says how
 * they came about, such as {@code adamw_lr5e-4_wd0.01_betas0.9_0.99_losses_of_5_steps}.
 */
public final class ReferenceModels {

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

    private static final Set<String> FUSED_STEPS = Set.of("makemore_transformer", GPT);

    private ReferenceModels() {}

    /**
     * Runs the model of a file and compares.
     *
     * @param root the file
     * @param gradients who differentiates, one of {@link #ways}
     * @param manager the manager of all arrays; may be closed after
     * @param tolerance how far the numbers may be apart
     * @return a row for the logits, the loss, each gradient and the losses of AdamW
     * @throws ReferenceException if the model is not known, or the file does not fit it
     * @throws IllegalArgumentException if the model cannot be differentiated in this way
     */
    public static GradientTable compare(
            ReferenceNode root, Gradients gradients, NDManager manager, Tolerance tolerance) {
        if (!ways(root).contains(gradients)) {
            throw new IllegalArgumentException(
                    root.text("model")
                            + " must be differentiated in one of the ways "
                            + ways(root)
                            + ", but got "
                            + gradients);
        }
        Subject subject = subject(root, gradients);
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

        if (gradients == Gradients.FUSED) {
            return new FusedReference(root, model, x, y).compare(manager, tolerance);
        }
        ReferenceNode grads = root.child("grads");
        ParameterStore store = new ParameterStore(manager, false);
        GradientTable table = new GradientTable(tolerance);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray logits = model.call(store, x, true);
            NDArray want = root.tensor("logits", manager);
            table.compare("logits", logits.reshape(want.getShape()), want);
            NDArray loss = subject.loss.apply(logits, y);
            table.compare("loss", loss, manager.create(root.number("loss")));
            collector.backward(loss);
        }
        parameters.forEach(
                (parameter, value) ->
                        table.compare(
                                "d " + parameter,
                                value.getArray().getGradient(),
                                grads.tensor(parameter, manager)));
        compareAdamW(root, subject, x, y, manager, table);
        return table;
    }

    /**
     * Returns the ways in which the model of a file can be differentiated.
     *
     * @param root the file
     * @return all of them, or those without fused steps
     * @throws ReferenceException if the model is not known
     */
    public static List<Gradients> ways(ReferenceNode root) {
        return FUSED_STEPS.contains(root.text("model"))
                ? List.of(Gradients.values())
                : List.of(Gradients.MANUAL, Gradients.ENGINE);
    }

    /** A model, and the loss of its logits and the targets. */
    private record Subject(Layer model, BinaryOperator<NDArray> loss) {}

    private static Subject subject(ReferenceNode root, Gradients gradients) {
        String name = root.text("model");
        ReferenceNode config = root.child("config");
        if (name.equals(GPT)) {
            Gpt gpt = new Gpt(gpt(config), new GptCompute(gradients, false, false));
            return new Subject(gpt, gpt::loss);
        }
        ModelType type = MODELS.get(name);
        if (type == null) {
            throw new ReferenceException(
                    root.place()
                            + " has the model \""
                            + name
                            + "\", which is not known here; known are "
                            + GPT
                            + ", "
                            + String.join(", ", MODELS.keySet()));
        }
        LanguageModel model = config(type, config).model(gradients);
        return new Subject(model, model::loss);
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
        return ModelConfig.builder(type, config.integer("vocab_size"))
                .blockSize(config.integer("block_size"))
                .layers(config.integer("n_layer"))
                .embedding(config.integer("n_embd"))
                .hidden(config.integer("n_embd2"))
                .heads(config.integer("n_head"))
                .build();
    }

    /** Reads the weights, and checks that they are the model's before there is memory for those. */
    private static Map<String, NDArray> weights(
            ReferenceNode weights, Map<String, Parameter> parameters, NDManager manager) {
        if (!List.copyOf(parameters.keySet()).containsAll(weights.names())
                || weights.names().size() != parameters.size()) {
            throw new ReferenceException(
                    weights.place()
                            + " must have "
                            + parameters.keySet()
                            + ", but has "
                            + weights.names());
        }
        Map<String, NDArray> values = new LinkedHashMap<>();
        parameters.forEach(
                (name, parameter) -> {
                    NDArray value = weights.tensor(name, manager);
                    if (!value.getShape().equals(parameter.getShape())) {
                        throw new ReferenceException(
                                weights.place()
                                        + "."
                                        + name
                                        + " must have the shape "
                                        + parameter.getShape()
                                        + ", but has "
                                        + value.getShape());
                    }
                    values.put(name, value);
                });
        return values;
    }

    private static void compareAdamW(
            ReferenceNode root,
            Subject subject,
            NDArray x,
            NDArray y,
            NDManager manager,
            GradientTable table) {
        for (AdamWRun run : AdamWRun.all(root)) {
            double[] want = run.losses().stream().mapToDouble(d -> d).toArray();
            double[] losses = new double[want.length];
            ParameterStore store = new ParameterStore(manager, false);
            Map<String, Parameter> parameters = ParameterNames.trained(subject.model);
            parameters.values().forEach(p -> p.getArray().getGradient().muli(0));
            try (AdamWUpdate update =
                    new AdamWUpdate(manager, parameters, run.settings(), p -> true)) {
                for (int step = 0; step < losses.length; step++) {
                    try (GradientCollector collector =
                            Engine.getInstance().newGradientCollector()) {
                        NDArray loss = subject.loss.apply(subject.model.call(store, x, true), y);
                        losses[step] = loss.getDouble();
                        collector.backward(loss);
                    }
                    update.step(run.rate());
                }
            }
            table.compare("losses of AdamW", manager.create(losses), manager.create(want));
        }
    }
}
