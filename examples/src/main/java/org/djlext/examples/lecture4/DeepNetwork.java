/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture4;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.plot.Charts;
import org.djlext.makemore.diagnostics.DiagnosedTraining;
import org.djlext.makemore.diagnostics.Distribution;
import org.djlext.makemore.diagnostics.LayerStatistics;
import org.djlext.makemore.diagnostics.Snapshot;
import org.djlext.makemore.diagnostics.WeightStatistics;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.TrainingException;

/**
 * The six-layer network of makemore 3, looked at before training and after 1,000 steps: histograms
 * of activations, of their gradients and of those of the weights, and the sizes of the updates.
 */
public final class DeepNetwork extends Lab {

    private static final int STEPS = 1000;

    private final Variant variant;

    /**
     * Creates the experiment.
     *
     * @param variant how the network is made and trained
     */
    public DeepNetwork(Variant variant) {
        this.variant = variant;
    }

    /** How the network is made and trained. */
    public enum Variant {
        /** Weights of std 5/3 over the root of the inputs: activations stay alike. */
        KAIMING(ModelConfig.TANH_GAIN, true, true, false, 0.1),
        /** Standard normal weights, not divided by the root of the inputs. */
        NO_FAN_IN(1, false, true, false, 0.1),
        /** No tanh, so 5/3 is too much and 1 is right; all layers together are one. */
        LINEAR_ONLY(ModelConfig.TANH_GAIN, true, false, false, 0.1),
        /** A learning rate that is too low, which the updates show. */
        LOW_RATE(ModelConfig.TANH_GAIN, true, true, false, 0.001),
        /** Batch normalization, which makes the gain unimportant. */
        BATCH_NORM(1, true, true, true, 0.1),
        /** The same with standard normal weights; it takes ten times the learning rate. */
        BATCH_NORM_NO_FAN_IN(1, false, true, true, 0.1);

        private final double gain;
        private final boolean fanIn;
        private final boolean tanh;
        private final boolean batchNorm;
        private final double rate;

        Variant(double gain, boolean fanIn, boolean tanh, boolean batchNorm, double rate) {
            this.gain = gain;
            this.fanIn = fanIn;
            this.tanh = tanh;
            this.batchNorm = batchNorm;
            this.rate = rate;
        }

        /** Returns the name of the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Override
    protected void run() {
        double gain = gain(variant.gain);
        double rate = rate(variant.rate);
        int steps = steps(STEPS);
        ModelConfig config =
                ModelType.DEEP
                        .defaults(vocabSize(), corpus.longest())
                        .with(
                                Map.of(
                                        "gain",
                                        gain,
                                        "fanIn",
                                        variant.fanIn,
                                        "tanh",
                                        variant.tanh,
                                        "batchNorm",
                                        variant.batchNorm));
        ContextModel model = draw(config, SEED);
        out.line(
                "%s: %,d parameters, gain %.3g%s, learning rate %.3g",
                variant,
                model.parameterCount(),
                gain,
                variant.fanIn ? " over the root of the fan-in" : ", fan-in ignored",
                rate);

        DiagnosedTraining training =
                new DiagnosedTraining(model, loop(model, train(model), BATCH_SIZE, rate));
        String kind = variant.tanh ? "Tanh" : "Linear";
        Snapshot first = training.snapshot();
        show(first, kind);
        boolean ended = false;
        try {
            training.runTo(steps);
            show(training.snapshot(), kind);
            ended = true;
        } catch (TrainingException e) {
            out.line("%n%s", String.valueOf(e.getMessage()));
        }

        Map<String, List<Double>> ratios = new LinkedHashMap<>();
        out.line("%nupdate ratios, mean of the last 100 steps; about -3 is right");
        for (int i = 0; i < training.names().size(); i++) {
            String name = i + " " + first.weights().get(i).shape();
            List<Double> values = training.updateRatios(i);
            ratios.put(name, values);
            out.line(
                    "%12s %6.2f",
                    name,
                    values.subList(Math.max(0, values.size() - 100), values.size()).stream()
                            .mapToDouble(Double::doubleValue)
                            .average()
                            .orElse(Double.NaN));
        }
        out.chart("updates", Charts.updateRatios(ratios));
        if (ended) {
            out.line("dev loss %.4f", devLoss(model));
        }
    }

    private void show(Snapshot snapshot, String kind) {
        out.line("%nstep %d, loss %.4f", snapshot.step(), snapshot.loss());
        Map<String, Distribution> activations = new LinkedHashMap<>();
        Map<String, Distribution> gradients = new LinkedHashMap<>();
        Map<String, Distribution> weights = new LinkedHashMap<>();
        List<LayerStatistics> layers = snapshot.layers(kind);
        for (LayerStatistics layer : layers) {
            out.line("%s", layer.activationLine());
            String name = text("layer %d (%s)", layer.number(), layer.layer());
            activations.put(name, layer.values());
            gradients.put(name, layer.gradient());
        }
        layers.forEach(layer -> out.line("%s", layer.gradientLine()));
        for (WeightStatistics weight : snapshot.weights()) {
            out.line("%s", weight.line());
            weights.put(weights.size() + " " + weight.shape(), weight.gradient());
        }
        String step = "-step" + snapshot.step();
        String at = ", step " + snapshot.step();
        out.chart(
                "activations" + step,
                Charts.histograms("activation distribution" + at, activations));
        out.chart("gradients" + step, Charts.histograms("gradient distribution" + at, gradients));
        out.chart(
                "weights" + step,
                Charts.histogramsAround0("weights gradient distribution" + at, weights));
    }
}
