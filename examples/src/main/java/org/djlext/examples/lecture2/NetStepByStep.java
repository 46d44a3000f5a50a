/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.CurveChart;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.TorchGenerator;

/**
 * The net on the five examples of "emma", with every step by hand: logits, counts, probabilities,
 * the loss example by example and in one expression, its gradient, and updates.
 */
final class NetStepByStep {

    private static final float RATE = 0.1f;
    private static final int UPDATES = 10;

    private NetStepByStep() {}

    /**
     * What the net computed.
     *
     * @param probabilities those of the labels: 0.0123, 0.0181, 0.0267, 0.0737, 0.0150
     * @param byExample the mean of the five losses: 3.7693
     * @param inOne the loss in one expression, the same
     * @param otherSeed the loss with the weights of the next seed; 3.37 in the lecture
     * @param gradientShape the shape of the gradient, (27, 27)
     * @param gradient of weight [0, 0]; positive, so that less of it makes the loss lower
     * @param accumulated the same after a second backward that adds to it
     * @param losses before each update of 0.1: 3.7693, 3.7492, 3.7292, ...
     * @param refusal what the engine says if W requires no gradient
     */
    record Result(
            List<Float> probabilities,
            double byExample,
            float inOne,
            float otherSeed,
            Shape gradientShape,
            float gradient,
            float accumulated,
            List<Float> losses,
            String refusal) {}

    static Result run(Output out, BigramSettings settings) {
        out.chart("exp", CurveChart.of(Math::exp, "exp(logit)", "logit", -5, 5));
        try (NDManager manager = NDManager.newBaseManager()) {
            Emma emma = Emma.in(manager);
            NDArray w = new TorchGenerator(settings.seed()).randn(manager, 27, 27);
            NDArray p = probabilities(emma, w); // (5, 27)
            out.line("each row of the output adds up to %.4f", p.get(0).sum().getFloat());
            List<Float> ofLabels = new ArrayList<>();
            double byExample = print(out, emma, p, ofLabels);
            float inOne = loss(emma, w).getFloat();
            out.line("loss, the mean nll: %.4f; in one expression: %.4f", byExample, inOne);
            NDArray other = new TorchGenerator(settings.seed() + 1).randn(manager, 27, 27);
            float otherSeed = loss(emma, other).getFloat();
            out.line("with the weights of the next seed: %.4f", otherSeed);

            String refusal = refusal(emma, w);
            out.line("backward before W requires a gradient: %s", refusal);
            w.setRequiresGradient(true);
            backward(emma, w);
            Shape gradientShape = w.getGradient().getShape();
            float gradient = w.getGradient().getFloat(0, 0);
            out.line("W.grad %s, [0, 0] is %s", gradientShape, gradient);
            // Gradients add up until they are cleared, PyTorch's W.grad = None.
            backward(emma, w);
            float accumulated = w.getGradient().getFloat(0, 0);
            out.line("after a second backward %s", accumulated);
            w.getGradient().subi(w.getGradient());
            List<Float> losses = train(out, emma, w);
            return new Result(
                    ofLabels,
                    byExample,
                    inOne,
                    otherSeed,
                    gradientShape,
                    gradient,
                    accumulated,
                    losses,
                    refusal);
        }
    }

    private static NDArray probabilities(Emma emma, NDArray w) {
        NDArray xenc = emma.xs().oneHot(27, DataType.FLOAT32); // (5, 27)
        NDArray logits = xenc.matMul(w); // (5, 27), log counts
        NDArray counts = logits.exp(); // (5, 27), what N is for the model that counts
        return counts.div(counts.sum(new int[] {1}, true)); // (5, 27); with exp this is softmax
    }

    // -probs[arange(5), ys].log().mean()
    private static NDArray loss(Emma emma, NDArray w) {
        NDArray p = probabilities(emma, w); // (5, 27)
        return p.gather(emma.ys().reshape(-1, 1), 1).log().mean().neg();
    }

    private static double print(Output out, Emma emma, NDArray p, List<Float> ofLabels) {
        CharVocabulary letters = CharVocabulary.LETTERS;
        double sum = 0;
        int n = (int) emma.xs().size();
        for (int i = 0; i < n; i++) {
            int x = (int) emma.xs().getLong(i);
            int y = (int) emma.ys().getLong(i);
            float ofLabel = p.getFloat(i, y);
            double nll = -Math.log(ofLabel);
            out.line(
                    "bigram %d: %s%s (%d, %d)",
                    i + 1, letters.character(x), letters.character(y), x, y);
            out.line("  output of the net for input %d: %s", x, firstOf(p.get(i)));
            out.line("  label %d, to which it gives %.4f", y, ofLabel);
            out.line("  log likelihood %.4f, nll %.4f", -nll, nll);
            ofLabels.add(ofLabel);
            sum += nll;
        }
        return sum / n;
    }

    private static String firstOf(NDArray row) {
        float[] p = row.toFloatArray();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            text.append(String.format(Locale.ROOT, "%.4f ", p[i]));
        }
        return text + "...";
    }

    private static String refusal(Emma emma, NDArray w) {
        try {
            backward(emma, w);
            return "";
        } catch (RuntimeException e) {
            return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        }
    }

    private static float backward(Emma emma, NDArray w) {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray loss = loss(emma, w);
            collector.backward(loss);
            return loss.getFloat();
        }
    }

    private static List<Float> train(Output out, Emma emma, NDArray w) {
        List<Float> losses = new ArrayList<>();
        for (int k = 0; k < UPDATES; k++) {
            losses.add(backward(emma, w));
            try (Autograd.Scope noGrad = Autograd.noGrad()) {
                NDArray gradient = w.getGradient();
                w.subi(gradient.mul(RATE));
                gradient.subi(gradient);
            }
            out.line("update %d, loss before it %.4f", k + 1, losses.get(k));
        }
        return losses;
    }
}
