/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.PythonRandom;
import org.djlext.micrograd.Batch;
import org.djlext.micrograd.GradientDescent;
import org.djlext.micrograd.Losses;
import org.djlext.micrograd.Mlp;
import org.djlext.micrograd.Value;

/**
 * A net 3-[4,4,1] learns four examples: predictions, loss, steps by hand, the loop, what happens
 * when the gradients are not set to zero, and when steps are too large.
 */
final class FourExamples {

    private static final double[][] XS = {{2, 3, -1}, {3, -1, 0.5}, {0.5, 1, 1}, {1, 1, -1}};
    private static final double[] YS = {1, -1, -1, 1};
    private static final long SEED = 3;
    private static final long UNLUCKY_SEED = 1337;
    private static final double LEARNING_RATE = 0.05;
    private static final int STEPS = 20;

    private FourExamples() {}

    private static Mlp newModel(long seed) {
        return Mlp.tanh(new PythonRandom(seed), 3, 4, 4, 1);
    }

    private static Value loss(Mlp model) {
        Batch batch = Batch.of(XS, YS);
        return Losses.sumOfSquares(batch.scores(model), batch.labels());
    }

    private static List<Double> predictions(Mlp model) {
        return Batch.of(XS, YS).scores(model).stream().map(score -> score.data).toList();
    }

    /** Trains in place, and returns the loss before each step. */
    private static List<Double> train(Mlp model, int steps, double learningRate, boolean zeroGrad) {
        List<Double> losses = new ArrayList<>();
        for (int k = 0; k < steps; k++) {
            Value loss = loss(model);
            if (zeroGrad) {
                model.zeroGrad();
            }
            loss.backward();
            GradientDescent.step(model.parameters(), learningRate);
            losses.add(loss.data);
        }
        return losses;
    }

    static void run(Output out) {
        Mlp model = newModel(SEED);
        out.line("parameters: %d", model.parameters().size());
        printPredictions(out, model);
        Value loss = loss(model);
        out.line("loss, the sum of the squared errors: %.4f", loss.data);
        loss.backward();
        Value w = model.layers().get(0).neurons().get(0).w().get(0);
        out.line("layers[0].neurons[0].w[0]: data %.4f, grad %.4f", w.data, w.grad);
        out.graph("prediction", model.call(XS[0]));
        out.graph("four_examples", loss);

        out.line("steps of 0.01, one by one: %s", rounded(train(model, 5, 0.01, true)));
        out.line("the weight is %.4f now: it went against its gradient", w.data);

        Mlp anew = newModel(SEED);
        List<Double> losses = train(anew, STEPS, LEARNING_RATE, true);
        out.line("%d steps of %s:", STEPS, LEARNING_RATE);
        for (int k = 0; k < STEPS; k++) {
            out.line("%d %s", k, losses.get(k));
        }
        printPredictions(out, anew);

        List<Double> forgotten = train(newModel(SEED), STEPS, LEARNING_RATE, false);
        out.line("without zeroGrad gradients pile up, and the steps grow: %s", rounded(forgotten));
        List<Double> elsewhere = train(newModel(UNLUCKY_SEED), STEPS, LEARNING_RATE, false);
        out.line("which this net forgives; from other parameters: %s", rounded(elsewhere));
    }

    private static void printPredictions(Output out, Mlp model) {
        List<Double> predictions = predictions(model);
        for (int i = 0; i < YS.length; i++) {
            double error = predictions.get(i) - YS[i];
            out.line(
                    "  target %2.0f, predicted %7.4f, squared error %.4f",
                    YS[i], predictions.get(i), error * error);
        }
    }

    private static String rounded(List<Double> numbers) {
        return String.join(
                ", ", numbers.stream().map(x -> String.format(Locale.ROOT, "%.3g", x)).toList());
    }

    /** Steps that are too large: some land well, some explode first, some never come back. */
    static void overshoot(Output out) {
        Mlp model = newModel(UNLUCKY_SEED);
        out.line("steps of 0.01, then 0.1:  %s", rounded(warmUp(model)));
        out.line("then of 1, explodes:      %s", rounded(train(model, 4, 1, true)));
        out.line("  and the predictions are %s", rounded(predictions(model)));
        // Every tanh is saturated, and no gradient leads back.
        out.line("or of 2, lost:            %s", rounded(largeSteps(UNLUCKY_SEED, 2)));
        out.line("of 4 by another net:      %s", rounded(largeSteps(7, 4)));
    }

    private static List<Double> largeSteps(long seed, double learningRate) {
        Mlp model = newModel(seed);
        warmUp(model);
        return train(model, 4, learningRate, true);
    }

    private static List<Double> warmUp(Mlp model) {
        List<Double> losses = new ArrayList<>(train(model, 6, 0.01, true));
        losses.addAll(train(model, 3, 0.1, true));
        return losses;
    }
}
