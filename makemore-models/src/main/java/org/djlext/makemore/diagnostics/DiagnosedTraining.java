/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.nn.Embedding;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.Sequential;

/**
 * Training that is looked at: losses and the sizes of updates in every step, and all layers in
 * those that are asked for.
 *
 * <p>The update ratio of a parameter, as {@link UpdateRatios} measures it, should be about -3 with
 * plain gradient descent; far below, the learning rate is too low.
 */
public final class DiagnosedTraining {

    private final Sequential layers;
    private final TrainingLoop loop;
    private final Map<String, NDArray> weights;
    private final UpdateRatios measure;
    private final List<Float> losses = new ArrayList<>();
    private final Map<String, List<Double>> ratios = new LinkedHashMap<>();
    private final List<Output> outputs = new ArrayList<>();
    private final List<LayerStatistics> layerStatistics = new ArrayList<>();
    private final List<Distribution> gradients = new ArrayList<>();

    private record Output(int number, Block layer, NDArray values) {}

    /**
     * Prepares to look at a training.
     *
     * @param model the model, initialized
     * @param loop its training; its gradients are observed from now on
     */
    public DiagnosedTraining(ContextModel model, TrainingLoop loop) {
        layers = model.layers();
        this.loop = loop;
        weights = ModelHistograms.matrices(model);
        NDManager manager = weights.values().iterator().next().getManager();
        measure = new UpdateRatios(manager, weights);
        loop.observe(this::onGradients);
    }

    /**
     * Trains until a number of steps are done.
     *
     * @param steps the number, those before included
     */
    public void runTo(int steps) {
        while (loop.stepsDone() < steps) {
            step();
        }
    }

    /**
     * Does one step and looks at all layers. The step is the same as without looking.
     *
     * @return what was seen
     */
    public Snapshot snapshot() {
        int step = loop.stepsDone();
        int before = leading(layers.layers());
        layers.observe(
                (index, layer, output) -> {
                    if (index >= before) {
                        Autograd.retainGrad(output);
                        outputs.add(new Output(index - before, layer, output));
                    }
                });
        try {
            layerStatistics.clear();
            gradients.clear();
            step();
            List<WeightStatistics> matrices = new ArrayList<>();
            weights.forEach(
                    (name, matrix) ->
                            matrices.add(
                                    new WeightStatistics(
                                            name,
                                            matrix.getShape(),
                                            gradients.get(matrices.size()),
                                            Distribution.of(matrix).std())));
            return new Snapshot(
                    step,
                    losses.get(losses.size() - 1),
                    List.copyOf(layerStatistics),
                    List.copyOf(matrices));
        } finally {
            layers.observe(null);
            outputs.clear();
        }
    }

    // Embedding and flattening come before the list of layers in the lecture.
    static int leading(List<Block> layers) {
        int count = 0;
        while (count < layers.size()
                && (layers.get(count) instanceof Embedding
                        || layers.get(count) instanceof FlattenConsecutive)) {
            count++;
        }
        return count;
    }

    private void step() {
        measure.before();
        losses.add(loop.step());
        measure.after()
                .forEach(
                        (name, ratio) ->
                                ratios.computeIfAbsent(name, n -> new ArrayList<>()).add(ratio));
    }

    private void onGradients(int step, double rate) {
        if (outputs.isEmpty()) {
            return;
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            for (Output output : outputs) {
                Distribution gradient = Distribution.of(Autograd.gradient(output.values));
                String layer = output.layer.toString();
                layerStatistics.add(
                        LayerStatistics.of(output.number, layer, output.values, gradient));
            }
            for (NDArray matrix : weights.values()) {
                gradients.add(Distribution.of(Autograd.gradient(matrix)));
            }
        }
    }

    /** {@return the losses of the mini-batches of all steps so far} */
    public List<Float> losses() {
        return List.copyOf(losses);
    }

    /**
     * {@return the names of the parameters that are looked at, those with two axes, in the order of
     * the model}
     */
    public List<String> names() {
        return List.copyOf(weights.keySet());
    }

    /**
     * {@return the update ratio of a parameter in each step so far, as its logarithm to base 10}
     *
     * @param parameter its place in {@link #names}
     */
    public List<Double> updateRatios(int parameter) {
        return List.copyOf(ratios.getOrDefault(names().get(parameter), List.of()));
    }
}
