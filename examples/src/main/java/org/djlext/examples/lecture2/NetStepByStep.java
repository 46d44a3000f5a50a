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
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.Charts;
import org.djlext.examples.plot.MatrixPicture;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
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
     * The five examples that "emma" holds.
     *
     * @param xs the first character of each bigram, 0 5 13 13 1, of shape (5)
     * @param ys the second, 5 13 13 1 0, of shape (5)
     */
    record Emma(NDArray xs, NDArray ys) {

        static Emma in(NDManager manager) {
            Examples examples = Contexts.of(List.of("emma"), 1, CharVocabulary.LETTERS);
            Examples.Batch all = examples.slice(manager, 0, examples.size());
            return new Emma(all.x().flatten(), all.y());
        }
    }

    /** Characters as input of a net: one-hot rows, one neuron, and 27 neurons. */
    static void oneHot(Output out, BigramSettings settings) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Emma emma = Emma.in(manager);
            out.line("emma: xs %s", Arrays.toString(emma.xs.toLongArray()));
            String ys = Arrays.toString(emma.ys.toLongArray());
            out.line("      ys %s, both %s", ys, emma.xs.getDataType());

            // The engine makes FLOAT32 of it at once. Products with INT64 there would be none.
            NDArray xenc = emma.xs.oneHot(27); // (5, 27)
            out.line("one-hot: %s %s", xenc.getShape(), xenc.getDataType());
            int largest = (int) emma.xs.max().getLong();
            NDArray narrow = emma.xs.oneHot(largest + 1); // (5, 14)
            out.line("if its width were guessed from xs: %s", narrow.getShape());
            out.image(
                    "one_hot",
                    MatrixPicture.of(xenc)
                            .optAxisNames("example", "character, by its index")
                            .draw());

            NDArray neuron = new TorchGenerator(settings.seed).randn(manager, 27, 1);
            out.line("one neuron: (5, 27) @ (27, 1) is %s", xenc.matMul(neuron).getShape());
            NDArray w = new TorchGenerator(settings.seed).randn(manager, 27, 27);
            NDArray outputs = xenc.matMul(w); // (5, 27)
            out.line("27 neurons: (5, 27) @ (27, 27) is %s", outputs.getShape());
            float firing = outputs.getFloat(3, 13);
            float dot = xenc.get(3).mul(w.transpose().get(13)).sum().getFloat();
            out.line("neuron 13 for example 3: %s; row times column: %s", firing, dot);
        }
    }

    static void run(Output out, BigramSettings settings) {
        out.chart("exp", Charts.curve(Math::exp, "exp(logit)", "logit", -5, 5));
        try (NDManager manager = NDManager.newBaseManager()) {
            Emma emma = Emma.in(manager);
            NDArray w = new TorchGenerator(settings.seed).randn(manager, 27, 27);
            NDArray p = probabilities(emma, w); // (5, 27)
            out.line("each row of the output adds up to %.4f", p.get(0).sum().getFloat());
            double byExample = print(out, emma, p);
            float inOne = loss(emma, w).getFloat();
            out.line("loss, the mean nll: %.4f; in one expression: %.4f", byExample, inOne);
            NDArray other = new TorchGenerator(settings.seed + 1).randn(manager, 27, 27);
            out.line("with the weights of the next seed: %.4f", loss(emma, other).getFloat());

            out.line("backward before W requires a gradient: %s", refusal(emma, w));
            w.setRequiresGradient(true);
            backward(emma, w);
            NDArray gradient = w.getGradient();
            out.line("W.grad %s, [0, 0] is %s", gradient.getShape(), gradient.getFloat(0, 0));
            // Gradients add up until they are cleared, PyTorch's W.grad = None.
            backward(emma, w);
            out.line("after a second backward %s", w.getGradient().getFloat(0, 0));
            w.getGradient().subi(w.getGradient());
            train(out, emma, w);
        }
    }

    private static NDArray probabilities(Emma emma, NDArray w) {
        NDArray xenc = emma.xs.oneHot(27, DataType.FLOAT32); // (5, 27)
        NDArray logits = xenc.matMul(w); // (5, 27), log counts
        NDArray counts = logits.exp(); // (5, 27), what N is for the model that counts
        return counts.div(counts.sum(new int[] {1}, true)); // (5, 27); with exp this is softmax
    }

    // -probs[arange(5), ys].log().mean()
    private static NDArray loss(Emma emma, NDArray w) {
        NDArray p = probabilities(emma, w); // (5, 27)
        return p.gather(emma.ys.reshape(-1, 1), 1).log().mean().neg();
    }

    private static double print(Output out, Emma emma, NDArray p) {
        CharVocabulary letters = CharVocabulary.LETTERS;
        double sum = 0;
        int n = (int) emma.xs.size();
        for (int i = 0; i < n; i++) {
            int x = (int) emma.xs.getLong(i);
            int y = (int) emma.ys.getLong(i);
            float ofLabel = p.getFloat(i, y);
            double nll = -Math.log(ofLabel);
            out.line(
                    "bigram %d: %s%s (%d, %d)",
                    i + 1, letters.character(x), letters.character(y), x, y);
            out.line(
                    "  output of the net for input %d: %s",
                    x, Lab.row("%.4f ", p.get(i).get(":6")) + "...");
            out.line("  label %d, to which it gives %.4f", y, ofLabel);
            out.line("  log likelihood %.4f, nll %.4f", -nll, nll);
            sum += nll;
        }
        return sum / n;
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

    private static void train(Output out, Emma emma, NDArray w) {
        for (int k = 0; k < UPDATES; k++) {
            float loss = backward(emma, w);
            try (Autograd.Scope noGrad = Autograd.noGrad()) {
                NDArray gradient = w.getGradient();
                w.subi(gradient.mul(RATE));
                gradient.subi(gradient);
            }
            out.line("update %d, loss before it %.4f", k + 1, loss);
        }
    }
}
