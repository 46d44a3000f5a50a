/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.torch.RandomStream;

/**
 * Reports a run of {@code makemore train}: the numbers into its folder always, and what it takes
 * looks into the model to know if a report is asked for.
 */
public final class RunReport implements AutoCloseable {

    private static final int SAMPLES = 20;
    private static final int LENGTH = 300; // of a text
    private static final int POSITIONS = 4096; // that are looked at
    private static final int FEWEST = 16; // examples
    private static final long SEED_OFFSET = 10;

    private final ReportSession session;
    private final TrainingReport report;
    private final Training run;
    private final Corpus corpus;
    private final RunWatcher watcher;
    private int reported;

    /**
     * Begins.
     *
     * @param session where the report goes
     * @param run the run, before the first step of this process
     * @param corpus its data
     * @param data where they come from
     * @param folder the folder of the run
     */
    public RunReport(ReportSession session, Training run, Corpus corpus, String data, Path folder) {
        this.session = session;
        this.run = run;
        this.corpus = corpus;
        report = session.report();
        reported = run.evaluations().size(); // they are in the folder
        LanguageModel model = run.saved().model();
        TrainingConfig settings = run.config();
        report.title("makemore train: " + model.config().type());
        report.parameters(model.parameterCount());
        report.setting("data", data);
        report.settings((Record) model.config());
        report.settings(settings);
        report.learningRate(settings::rateAt);
        report.metrics(folder, run.stepsDone());
        watcher = session.isOn() ? begin(model, settings) : RunWatcher.ofLosses(report);
    }

    private RunWatcher begin(LanguageModel model, TrainingConfig settings) {
        Vocabulary vocabulary = run.saved().vocabulary();
        NDManager manager = run.manager();
        Examples.Batch batch = run.train().gather(manager, rows());
        ModelLook look =
                new ModelLook(
                        report,
                        manager,
                        model,
                        model::loss,
                        batch.x(),
                        batch.y(),
                        !model.config().random(),
                        IntStream.range(0, vocabulary.size())
                                .mapToObj(i -> vocabulary.decode(i))
                                .toList());
        return new RunWatcher(
                report,
                manager,
                ModelHistograms.matrices(model),
                run.stepsDone(),
                settings.maxSteps(),
                step -> {
                    look.at(step);
                    sample(step);
                });
    }

    /** A few examples; a model of long texts has many positions in each. */
    private long[] rows() {
        long[] rows = ModelLook.rows(run.train().size());
        int most = Math.max(FEWEST, POSITIONS / run.saved().model().config().blockSize());
        return most >= rows.length
                ? rows
                : IntStream.range(0, most).mapToLong(i -> rows[i * rows.length / most]).toArray();
    }

    private void sample(int step) {
        report.samples(step, samples(run.manager(), run.saved(), run.config().seed()));
    }

    /**
     * Draws what shows how good a model is, from a random stream of its own, so that the training
     * is not disturbed.
     *
     * @param manager a manager of the model's device
     * @param saved the model
     * @param seed the seed of its training; the lectures sample with one that is 10 higher
     * @return 20 names, or a text of 300 characters
     */
    public static List<String> samples(NDManager manager, SavedModel saved, long seed) {
        boolean names = saved.vocabulary().hasSeparator();
        Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
        SamplerSettings settings = SamplerSettings.builder().length(LENGTH).build();
        return new RandomStream(seed + SEED_OFFSET)
                .run(() -> sampler.sample(names ? SAMPLES : 1, settings));
    }

    private void evaluations() {
        List<Training.Evaluated> all = run.evaluations();
        all.subList(reported, all.size())
                .forEach(
                        losses -> {
                            if (!Double.isNaN(losses.train())) {
                                report.evaluation(losses.step(), "train", losses.train());
                            }
                            report.evaluation(losses.step(), "dev", losses.dev());
                        });
        reported = all.size();
    }

    /**
     * Tells how many steps may be done before each of them is noted.
     *
     * @param step the number of the next step
     * @return how many steps
     */
    public int stepsAtATime(int step) {
        return watcher.stepsAtATime(step);
    }

    /**
     * Takes note of a step.
     *
     * @param step its number
     * @param loss its loss
     */
    public void step(int step, float loss) {
        watcher.onStep(step, loss);
        if (step == run.stepsDone() - 1) { // the last of those done in one go
            report.gradientNorm(step, run.gradientNorm());
        }
        int every = run.config().evaluation().every();
        if (every > 0 && (step + 1) % every == 0) {
            evaluations();
        }
    }

    /**
     * Records the end of training, the losses there, and samples of the model.
     *
     * @param trainLoss the loss of the training set
     * @param samples names or a text from the model
     */
    public void end(double trainLoss, List<String> samples) {
        session.complete();
        int steps = run.stepsDone();
        evaluations();
        report.evaluation(steps, "train", trainLoss);
        report.samples(steps, samples);
        if (session.isOn() && corpus instanceof NamesCorpus) {
            report.evaluation(steps, "test", testLoss());
        }
        watcher.end(steps);
    }

    private double testLoss() {
        LanguageModel model = run.saved().model();
        Examples test = model.examples(corpus, Corpus.Part.TEST);
        return Evaluation.loss(run.manager(), model, test);
    }

    @Override
    public void close() {
        watcher.close();
    }
}
