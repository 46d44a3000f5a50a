/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import java.util.ArrayList;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.nn.Embedding;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.Sequential;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Training that is looked at: losses and the sizes of updates in every step, and all layers in
 * those that are asked for.
 *
 * <p>The update ratio of a parameter is {@code log10(std(lr * grad) / std(data))}, the data being
 * those after the update. With plain gradient descent about -3 is right; far below, the learning
 * rate is too low.
 */
public final class DiagnosedTraining {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def updates(weights: List[Tensor], rate: float):
                        stds: List[Tensor] = []
                        for w in weights:
                            g: Optional[Tensor] = w.grad
                            if g is not None:
                                stds.append(torch.std(rate * g))
                        return torch.stack(stds)

                    def data(weights: List[Tensor]):
                        return torch.stack([torch.std(w.detach()) for w in weights])
                    """);
    private static final ScriptFunction UPDATES = SCRIPT.function("updates");
    private static final ScriptFunction DATA = SCRIPT.function("data");

    private final Sequential layers;
    private final TrainingLoop loop;
    private final List<String> names = new ArrayList<>();
    private final NDList matrices = new NDList();
    private final List<Float> losses = new ArrayList<>();
    private final List<List<Double>> ratios = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();
    private final List<LayerStatistics> layerStatistics = new ArrayList<>();
    private final List<Distribution> gradients = new ArrayList<>();
    private List<Double> updates = List.of();

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
        ModelHistograms.matrices(model)
                .forEach(
                        (name, array) -> {
                            names.add(name);
                            matrices.add(array);
                            ratios.add(new ArrayList<>());
                        });
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
            List<Double> data = step();
            List<WeightStatistics> weights = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                weights.add(
                        new WeightStatistics(
                                names.get(i),
                                matrices.get(i).getShape(),
                                gradients.get(i),
                                data.get(i)));
            }
            return new Snapshot(
                    step,
                    losses.get(losses.size() - 1),
                    List.copyOf(layerStatistics),
                    List.copyOf(weights));
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

    /** Does one step, and returns the standard deviations of the matrices after it. */
    private List<Double> step() {
        losses.add(loop.step());
        try (NDArray stds = DATA.callForArray(matrices)) {
            List<Double> data = Distribution.doubles(stds);
            for (int i = 0; i < data.size(); i++) {
                ratios.get(i).add(Math.log10(updates.get(i) / data.get(i)));
            }
            return data;
        }
    }

    private void onGradients(int step, double rate) {
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            updates = Distribution.doubles(UPDATES.callForArray(matrices, rate));
            if (outputs.isEmpty()) {
                return;
            }
            for (Output output : outputs) {
                NDArray values = output.values;
                layerStatistics.add(
                        new LayerStatistics(
                                output.number,
                                output.layer.toString(),
                                values.getShape(),
                                Distribution.of(values),
                                Saturation.share(values, Saturation.LIMIT),
                                Distribution.of(Autograd.gradient(values))));
            }
            for (NDArray matrix : matrices) {
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
        return List.copyOf(names);
    }

    /**
     * {@return the update ratio of a parameter in each step so far, as its logarithm to base 10}
     *
     * @param parameter its place in {@link #names}
     */
    public List<Double> updateRatios(int parameter) {
        return List.copyOf(ratios.get(parameter));
    }
}
