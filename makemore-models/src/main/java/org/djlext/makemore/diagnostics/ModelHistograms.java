/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.model.ContextModel;
import org.djlext.nn.Layer;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.ops.InPlace;

/**
 * Histograms of a model on a batch, seen from beside a training: nothing is drawn, no gradient is
 * stored, and running statistics are put back, so that the training goes on to the same losses.
 * Arrays with infinity or NaN have no histogram.
 *
 * @param activations the outputs of the tanh layers of a {@link ContextModel}, and of every model
 *     the logits
 * @param activationGradients the gradients of the loss with respect to them
 * @param weights the parameters with two axes, by their names
 * @param weightGradients their gradients
 */
public record ModelHistograms(
        Map<String, Distribution> activations,
        Map<String, Distribution> activationGradients,
        Map<String, Distribution> weights,
        Map<String, Distribution> weightGradients) {

    /** The name of the model's output among the activations. */
    public static final String LOGITS = "logits";

    static final String TANH = "Tanh";
    private static final int NUMBERS_A_BIN = 10;
    private static final int FEWEST_BINS = 10;

    /**
     * {@return the histograms of a model}
     *
     * @param manager a manager of the model's device
     * @param model the model, initialized
     * @param loss the loss of logits and targets
     * @param x the inputs of a batch
     * @param y its targets
     * @param training whether batch norm is to use the statistics of the batch; a model that draws
     *     random numbers in training, for dropout, is to be looked at without
     */
    public static ModelHistograms of(
            NDManager manager,
            Layer model,
            BinaryOperator<NDArray> loss,
            NDArray x,
            NDArray y,
            boolean training) {
        Map<String, NDArray> matrices = matrices(model);
        Map<String, NDArray> outputs = new LinkedHashMap<>();
        observe(model, outputs);
        try (NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope();
                Buffers buffers = Buffers.keep(model);
                Autograd.Scope recorded = Autograd.enableGrad()) {
            scope.suppressNotUsedWarning();
            matrices.values().forEach(matrix -> matrix.setRequiresGradient(true));
            NDArray input = x.duplicate();
            input.attach(sub);
            NDArray logits = model.call(new ParameterStore(sub, false), input, training);
            outputs.put(LOGITS, logits);
            NDList all = new NDList();
            all.addAll(outputs.values());
            all.addAll(matrices.values());
            NDList gradients = Autograd.grad(new NDList(loss.apply(logits, y)), all);
            int count = outputs.size();
            return new ModelHistograms(
                    describe(outputs),
                    describe(named(outputs.keySet(), gradients.subNDList(0, count))),
                    describe(matrices),
                    describe(named(matrices.keySet(), gradients.subNDList(count, all.size()))));
        } finally {
            if (model instanceof ContextModel context) {
                context.layers().observe(null);
            }
        }
    }

    /**
     * {@return the parameters of a model that the lectures look at: those with two axes, by their
     * names}
     *
     * @param model the model, initialized
     */
    public static Map<String, NDArray> matrices(Layer model) {
        Map<String, NDArray> matrices = new LinkedHashMap<>();
        for (Map.Entry<String, Parameter> entry : ParameterNames.trained(model).entrySet()) {
            if (entry.getValue().getArray().getShape().dimension() == 2) {
                matrices.put(entry.getKey(), entry.getValue().getArray());
            }
        }
        return matrices;
    }

    /**
     * {@return the distribution of an array in as many bins as it has numbers for: ten numbers a
     * bin at least on average, or a histogram is all spikes}
     *
     * @param array an array of finite numbers
     */
    public static Distribution describe(NDArray array) {
        long bins = Math.min(Distribution.BINS, array.size() / NUMBERS_A_BIN);
        return Distribution.of(array, (int) Math.max(FEWEST_BINS, bins));
    }

    private static void observe(Layer model, Map<String, NDArray> outputs) {
        if (model instanceof ContextModel context) {
            context.layers()
                    .observe(
                            (index, layer, output) -> {
                                if (layer.toString().equals(TANH)) {
                                    outputs.put("layer " + index + " " + layer, output);
                                }
                            });
        }
    }

    /**
     * {@return the distributions of arrays, without those that have infinity or NaN, as in a
     * training that diverges}
     *
     * @param arrays the arrays, by their names
     */
    public static Map<String, Distribution> describe(Map<String, NDArray> arrays) {
        Map<String, Distribution> distributions = new LinkedHashMap<>();
        arrays.forEach(
                (name, array) -> {
                    if (Distribution.finite(array)) {
                        distributions.put(name, describe(array));
                    }
                });
        return distributions;
    }

    private static Map<String, NDArray> named(Iterable<String> names, NDList arrays) {
        Map<String, NDArray> named = new LinkedHashMap<>();
        int i = 0;
        for (String name : names) {
            named.put(name, arrays.get(i++));
        }
        return named;
    }

    /** The values of what is not trained, such as running means, put back when closed. */
    private record Buffers(List<NDArray> arrays, List<NDArray> copies) implements AutoCloseable {

        static Buffers keep(Layer model) {
            List<NDArray> arrays =
                    ParameterNames.of(model).values().stream()
                            .filter(parameter -> !parameter.requiresGradient())
                            .map(Parameter::getArray)
                            .toList();
            List<NDArray> copies = new ArrayList<>();
            arrays.forEach(array -> copies.add(array.duplicate()));
            return new Buffers(arrays, copies);
        }

        @Override
        public void close() {
            try (Autograd.Scope unrecorded = Autograd.noGrad()) {
                for (int i = 0; i < arrays.size(); i++) {
                    InPlace.copy(arrays.get(i), copies.get(i));
                    copies.get(i).close();
                }
            }
        }
    }
}
