/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture5;

import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Locale;
import org.djlext.examples.lecture.TrainingProgress;
import org.djlext.examples.report.ReportSession;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.ninja.ManualTrainer;
import org.djlext.makemore.ninja.NinjaEvaluation;
import org.djlext.makemore.ninja.NinjaParameters;

/**
 * Exercise 4: the network trained with manual gradients.
 *
 * @param parameters the number of trained numbers
 * @param compared the worst agreement of each parameter's gradient with the engine's, over the
 *     first steps
 * @param losses the loss of each step's mini-batch
 * @param trainLoss the final loss of the training set
 * @param devLoss the final loss of the dev set
 * @param testLoss the final loss of the test set
 * @param names sampled names, each with the '.' that ends it
 */
public record NinjaTraining(
        long parameters,
        List<GradientComparison> compared,
        FloatBuffer losses,
        double trainLoss,
        double devLoss,
        double testLoss,
        List<String> names) {

    private static final int COMPARED_STEPS = 100;
    private static final int SAMPLES = 20;
    private static final long SAMPLING_SEED_OFFSET = 10;

    /** The options. */
    public record Settings(int steps, int decayAt, int hidden, int batchSize, long seed) {}

    /**
     * Trains, evaluates and samples.
     *
     * @param base a manager of the device to train on
     * @param splits the examples to train on, to choose by, to test with
     * @param settings the settings
     * @param session where the report goes
     * @param out where to print
     * @return what was found
     */
    public static NinjaTraining run(
            NDManager base,
            List<Contexts> splits,
            Settings settings,
            ReportSession session,
            PrintWriter out) {
        Contexts train = splits.get(0);
        CharVocabulary vocabulary = CharVocabulary.LETTERS;
        try (NDManager manager = base.newSubManager()) {
            TorchGenerator generator = new TorchGenerator(settings.seed);
            NinjaParameters p =
                    NinjaParameters.draw(manager, generator, vocabulary.size(), settings.hidden);
            ManualTrainer trainer =
                    new ManualTrainer(
                            manager, p, train, generator, settings.batchSize, settings.decayAt);

            int comparedSteps = Math.min(COMPARED_STEPS, settings.steps);
            out.printf(
                    Locale.ROOT,
                    "%nExercise 4: training with manual gradients; %,d parameters%n",
                    p.count());
            FloatBuffer losses = FloatBuffer.allocate(settings.steps);
            List<GradientComparison> compared;
            try (TrainingProgress progress = new TrainingProgress(settings.steps, out);
                    NinjaTrainingReport report =
                            new NinjaTrainingReport(
                                    session, manager, p, train, vocabulary, settings)) {
                ManualTrainer.Listener listener =
                        (step, loss) -> {
                            losses.put(step, loss);
                            progress.step(step, loss);
                            report.step(step, loss);
                        };
                compared = trainer.trainComparing(0, comparedSteps, listener);
                if (comparedSteps > 0) {
                    progress.println(
                            String.format(
                                    Locale.ROOT,
                                    "worst of %d steps beside the engine (rtol %.0e, atol %.0e),"
                                            + " which is off from here on:",
                                    comparedSteps,
                                    ManualTrainer.STEP_TOLERANCE.rtol(),
                                    ManualTrainer.STEP_TOLERANCE.atol()));
                    compared.forEach(c -> progress.println(c.toString()));
                }
                int done = comparedSteps;
                while (done < settings.steps) {
                    int to = done + Math.min(report.stepsAtATime(done), settings.steps - done);
                    trainer.train(done, to, listener);
                    done = to;
                }
                report.end(settings.steps);
            }

            NinjaEvaluation evaluation = new NinjaEvaluation(manager, p, train);
            double[] loss = splits.stream().mapToDouble(evaluation::loss).toArray();
            out.printf(
                    Locale.ROOT,
                    "%nbatch norm calibrated on the training set%ntrain %.4f%ndev   %.4f%ntest  %.4f%n%n",
                    loss[0],
                    loss[1],
                    loss[2]);
            List<String> names =
                    evaluation.sample(
                            new TorchGenerator(settings.seed + SAMPLING_SEED_OFFSET),
                            vocabulary,
                            SAMPLES);
            names.forEach(out::println);
            out.flush();
            return new NinjaTraining(p.count(), compared, losses, loss[0], loss[1], loss[2], names);
        }
    }
}
