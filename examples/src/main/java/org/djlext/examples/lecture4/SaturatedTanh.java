/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture4;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.plot.Charts;
import org.djlext.examples.plot.ColorMap;
import org.djlext.examples.plot.MatrixPicture;
import org.djlext.makemore.diagnostics.Distribution;
import org.djlext.makemore.diagnostics.Saturation;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.Mlp;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;

/**
 * A hidden layer whose weights are too large: most tanh are at 1 or -1, where 1 - t^2 lets no
 * gradient through. The map shows 32 examples by 200 units, saturated ones white; a white column is
 * a unit that does not learn.
 */
public final class SaturatedTanh extends Lab {

    private static final int BINS = 50;
    private static final int PREACTIVATIONS = 2;
    private static final int ACTIVATIONS = 3;

    /** Creates the experiment. */
    public SaturatedTanh() {}

    @Override
    protected void run() {
        Map<String, Distribution> before = new LinkedHashMap<>();
        Map<String, Distribution> after = new LinkedHashMap<>();
        for (double scale : new double[] {1, 0.1, 0.2}) {
            look(scale, before, after);
        }
        out.chart("preactivations", Charts.histograms("what goes into tanh", before));
        out.chart("activations", Charts.histograms("what comes out of tanh", after));
    }

    /** Looks at what a scale of the hidden weights does to the first mini-batch. */
    private void look(
            double scale, Map<String, Distribution> before, Map<String, Distribution> after) {
        ModelConfig config = new Mlp.Config(vocabSize(), 3, 10, 200, MlpInit.SOFTMAX);
        ContextModel model = draw(config, SEED);
        scale(model, "layers.2.weight", scale);
        if (scale != 1) {
            scale(model, "layers.2.bias", 0.01);
        }
        try (NDManager sub = manager.newSubManager();
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            List<NDArray> outputs = outputs(model, train(model).draw(sub, BATCH_SIZE).x());
            NDArray t = outputs.get(ACTIVATIONS); // (32, 200)
            NDArray map = Saturation.map(t, Saturation.MAP_LIMIT);
            out.image(
                    "saturated-" + scale,
                    MatrixPicture.of(map)
                            .optColors(ColorMap.GRAY)
                            .optRange(0, 1)
                            .optCellSize(4)
                            .optTitle("|tanh| > 0.99, W1 * " + scale)
                            .optAxisNames("example", "neuron of the hidden layer")
                            .draw());
            Distribution preactivations = Distribution.of(outputs.get(PREACTIVATIONS), BINS);
            before.put("W1 * " + scale, preactivations);
            after.put("W1 * " + scale, Distribution.of(t, BINS));
            List<Double> edges = preactivations.edges();
            out.line(
                    "W1 * %-3s: preactivations %5.1f to %4.1f, std %.2f; beyond 0.99:"
                            + " %5.2f%%, dead units: %d; mean of 1 - t^2: %.3f",
                    scale,
                    edges.get(0),
                    edges.get(edges.size() - 1),
                    preactivations.std(),
                    100 * Saturation.share(t, Saturation.MAP_LIMIT),
                    Saturation.deadUnits(map).size(),
                    1 - t.square().mean().getFloat());
        }
    }
}
