/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture5;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Locale;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.lecture.TrainingProgress;
import org.djlext.examples.report.ReportSession;
import org.djlext.examples.report.RunWatcher;
import org.djlext.examples.report.TrainingReport;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.ninja.ManualTrainer;
import org.djlext.makemore.ninja.NinjaNetwork;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.Calibration;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.TrainingLoop;

/** Exercise 4: the network trained with manual gradients. */
public final class NinjaTraining {

    private static final double RATE = 0.1;
    private static final int COMPARED_STEPS = 100;
    private static final int SAMPLES = 20;
    private static final List<String> PARTS = List.of("train", "dev", "test");
    private static final long SAMPLING_SEED_OFFSET = 10;

    private NinjaTraining() {}

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
     */
    public static void run(
            NDManager base,
            List<Examples> splits,
            Settings settings,
            ReportSession session,
            Output out) {
        Examples train = splits.get(0);
        CharVocabulary vocabulary = CharVocabulary.LETTERS;
        try (NDManager manager = base.newSubManager()) {
            TorchGenerator generator = new TorchGenerator(settings.seed);
            NinjaParameters p =
                    NinjaParameters.draw(manager, generator, vocabulary.size(), settings.hidden);
            ManualTrainer trainer =
                    new ManualTrainer(
                            manager, p, train, generator, settings.batchSize, settings.decayAt);

            int comparedSteps = Math.min(COMPARED_STEPS, settings.steps);
            NinjaNetwork network = trainer.network();
            SavedModel saved = new SavedModel(network, vocabulary, null);
            TrainingReport report = session.report();
            report.settings(settings);
            LearningRate rate = LearningRate.stepDecay(RATE, settings.decayAt);
            report.learningRate(step -> rate.at(step, settings.steps));
            out.line("%nExercise 4: training with manual gradients; %,d parameters", p.count());
            List<GradientComparison> compared;
            try (TrainingProgress progress = new TrainingProgress(0, settings.steps, out.writer());
                    RunWatcher watcher =
                            new RunWatcher(
                                    session,
                                    manager,
                                    saved,
                                    train,
                                    settings.seed,
                                    0,
                                    settings.steps)) {
                TrainingLoop.Listener listener =
                        (step, loss) -> {
                            progress.step(step, loss);
                            watcher.step(step, loss);
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
                    int to = done + Math.min(watcher.stepsAtATime(done), settings.steps - done);
                    trainer.train(done, to, listener);
                    done = to;
                }
                watcher.end(settings.steps);
            }

            Calibration.calibrate(manager, network.layers(), train);
            report.comparison("Exercise 4: the worst of the first steps of training", compared);
            out.line("%nbatch norm calibrated on the training set");
            for (int i = 0; i < splits.size(); i++) {
                double loss = Evaluation.loss(manager, network, splits.get(i));
                out.line("%-5s %.4f", PARTS.get(i), loss);
                report.evaluation(settings.steps, PARTS.get(i), loss);
            }
            List<String> names =
                    new Sampler(manager, network, vocabulary)
                                    .oneByOne(
                                            new TorchGenerator(
                                                    settings.seed + SAMPLING_SEED_OFFSET),
                                            SAMPLES,
                                            SamplerSettings.PLAIN.cache(false))
                                    .stream()
                                    .map(name -> name + ".") // as the lecture prints them
                                    .toList();
            report.samples(settings.steps, names);
            out.line("%n%s", String.join("\n", names));
        }
    }
}
