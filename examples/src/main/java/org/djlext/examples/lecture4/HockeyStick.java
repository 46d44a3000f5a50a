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
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.plot.Charts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.Mlp;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.Evaluation;

/**
 * The first loss of a network that knows nothing should be that of guessing, ln(27) = 3.3. Standard
 * normal output weights make it 27: the network is sure of itself, and wrong. Training then begins
 * by shrinking the logits, which gives the loss the form of a hockey stick.
 */
public final class HockeyStick extends Lab {

    private static final int STEPS = 1000;
    private static final String OUTPUT_WEIGHT = "layers.4.weight";
    private static final String OUTPUT_BIAS = "layers.4.bias";

    /** Creates the experiment. */
    public HockeyStick() {}

    @Override
    protected void run() {
        ModelConfig config = new Mlp.Config(vocabSize(), 3, 10, 200, MlpInit.ORIGINAL);
        double guessing = Math.log(config.vocabSize());
        out.line("guessing among %d characters: ln %1$d = %.4f", config.vocabSize(), guessing);
        printLogits(draw(config, SEED));

        for (double scale : new double[] {1, 0.1, 0.01, 0}) {
            ContextModel model = scaled(config, scale);
            float loss = loop(model, train(model), BATCH_SIZE, rate(0.1)).step();
            out.line(
                    "W2 * %-4s %-8s first loss %.4f%s",
                    scale,
                    scale == 1 ? "" : "b2 * 0",
                    loss,
                    scale == 0
                            ? "  (but equal weights hold each other back; take small ones)"
                            : "");
        }

        int steps = steps(STEPS);
        Map<String, List<Float>> curves = new LinkedHashMap<>();
        for (double scale : new double[] {1, 0.01}) {
            ContextModel model = scaled(config, scale);
            Examples train = train(model);
            curves.put(
                    scale == 1 ? "before" : "after: W2 * 0.01, b2 * 0",
                    train(loop(model, train, BATCH_SIZE, rate(0.1)), steps));
            out.line(
                    "W2 * %-4s after %d steps: train %.4f, dev %.4f",
                    scale, steps, Evaluation.loss(manager, model, train), devLoss(model));
        }
        String title = "loss before and after the output layer is mended";
        out.chart("loss", Charts.log10Losses(title, curves));
    }

    private ContextModel scaled(ModelConfig config, double scale) {
        ContextModel model = draw(config, SEED);
        if (scale != 1) {
            scale(model, OUTPUT_WEIGHT, scale);
            scale(model, OUTPUT_BIAS, 0);
        }
        return model;
    }

    private void printLogits(ContextModel model) {
        try (NDManager sub = manager.newSubManager()) {
            List<NDArray> outputs = outputs(model, train(model).draw(sub, BATCH_SIZE).x());
            NDArray logits = outputs.get(outputs.size() - 1).get(0);
            out.line("logits of the first example:%s", row(" %.1f", logits));
        }
    }
}
