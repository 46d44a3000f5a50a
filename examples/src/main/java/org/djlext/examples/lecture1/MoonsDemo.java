/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.report.ReportSession;
import org.djlext.makemore.data.NumpyRandom;
import org.djlext.makemore.data.PythonRandom;
import org.djlext.micrograd.Batch;
import org.djlext.micrograd.GradientDescent;
import org.djlext.micrograd.Layer;
import org.djlext.micrograd.Losses;
import org.djlext.micrograd.Mlp;
import org.djlext.micrograd.Moons;
import org.djlext.micrograd.Tape;
import org.djlext.micrograd.Value;

/** A net 2-[16,16,1] divides two moons, by a max-margin loss with L2, in 100 steps. */
public final class MoonsDemo {

    private static final double ALPHA = 1e-4;

    private MoonsDemo() {}

    /** What is minimised, besides L2. */
    public enum Objective {
        /** The hinge of a support vector machine. */
        MARGIN(1),
        /** Binary cross entropy. */
        ENTROPY(1),
        /** The mean of the squared errors. Its gradients have no bound, so its steps are small. */
        SQUARES(0.1);

        private final double firstLearningRate;

        Objective(double firstLearningRate) {
            this.firstLearningRate = firstLearningRate;
        }

        private Value of(List<Value> scores, List<Value> labels) {
            return switch (this) {
                case MARGIN -> Losses.maxMargin(scores, labels);
                case ENTROPY -> Losses.binaryCrossEntropy(scores, labels);
                case SQUARES -> Losses.sumOfSquares(scores, labels).mul(1.0 / scores.size());
            };
        }
    }

    /**
     * How the demo is run.
     *
     * @param points how many points there are
     * @param noise how far they are from the half circles
     * @param steps how many steps are taken
     * @param batch how many points each step sees, drawn anew; all if this is the number of points
     * @param seed the seed of the points and of the parameters
     * @param objective what is minimised
     */
    public record Settings(
            int points, double noise, int steps, int batch, int seed, Objective objective) {

        /** {@return the learning rate of each step, which falls to a tenth} */
        public IntToDoubleFunction learningRate() {
            double rate = objective.firstLearningRate;
            return GradientDescent.linear(rate, rate / 10, steps);
        }
    }

    /** Runs the example, and tells a report of each step if one is asked for. */
    static void run(Output out, Settings settings, ReportSession session) {
        NumpyRandom random = new NumpyRandom(settings.seed);
        Batch all = Moons.make(settings.points, settings.noise, random);
        Mlp model = Mlp.relu(new PythonRandom(settings.seed), 2, 16, 16, 1);
        out.line("%d parameters", model.parameters().size());

        // The graph is that of any batch of this size: the points of each step are put into it.
        Batch batch = Batch.of(new double[settings.batch][2], new double[settings.batch]);
        List<Value> scores = batch.scores(model);
        Value loss =
                settings.objective
                        .of(scores, batch.labels())
                        .add(Losses.l2(model.parameters(), ALPHA));
        Tape tape = new Tape(loss);
        IntToDoubleFunction schedule = settings.learningRate();
        MoonsReport report = new MoonsReport(session, settings);
        for (int k = 0; k < settings.steps; k++) {
            batch.set(
                    settings.batch < settings.points
                            ? all.subset(
                                    Arrays.copyOf(
                                            random.permutation(settings.points), settings.batch))
                            : all);
            tape.forward();
            tape.backward();
            report.step(k, loss.data, model.layers().stream().map(Layer::parameters).toList());
            GradientDescent.step(model.parameters(), schedule.applyAsDouble(k));
            if (k % 10 == 0 || k == settings.steps - 1) {
                double right = Losses.accuracy(scores, batch.labels());
                out.line("step %d loss %.7f, accuracy %.0f%%", k, loss.data, 100 * right);
            }
        }
        double accuracy = Losses.accuracy(all.scores(model), all.labels());
        out.line("afterwards %.0f%% of all points are on their side", 100 * accuracy);
        if (out.hasFolder()) {
            out.chart("moons", DecisionSurface.draw(model, all));
        }
        report.end(accuracy);
    }
}
