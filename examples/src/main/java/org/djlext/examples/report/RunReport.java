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
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Examples;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;

/**
 * Reports a run of {@code makemore train}: the numbers into its folder always, and what it takes
 * looks into the model to know if a report is asked for.
 */
public final class RunReport implements AutoCloseable {

    private static final int SAMPLES = 20;

    private final ReportSession session;
    private final TrainingReport report;
    private final Training run;
    private final NamesCorpus corpus;
    private final @Nullable RunWatcher watcher;
    private int reported;

    /**
     * Begins.
     *
     * @param session where the report goes
     * @param run the run, before the first step of this process
     * @param corpus its names
     * @param data where the names come from
     * @param folder the folder of the run
     */
    public RunReport(
            ReportSession session, Training run, NamesCorpus corpus, String data, Path folder) {
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
        watcher = session.isOn() ? begin(model, settings) : null;
    }

    private RunWatcher begin(LanguageModel model, TrainingConfig settings) {
        CharVocabulary vocabulary = run.saved().vocabulary();
        NDManager manager = run.manager();
        Examples.Batch batch = run.train().gather(manager, ModelLook.rows(run.train().size()));
        ModelLook look =
                new ModelLook(
                        report,
                        manager,
                        model,
                        model::loss,
                        batch.x(),
                        batch.y(),
                        true,
                        IntStream.range(0, vocabulary.size())
                                .mapToObj(vocabulary::character)
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

    private void sample(int step) {
        NDManager manager = run.manager();
        try (AsideDraws aside = new AsideDraws(manager.getDevice())) {
            report.samples(
                    step,
                    new Sampler(manager, run.saved().model(), run.saved().vocabulary())
                            .sample(SAMPLES, SamplerSettings.PLAIN));
        }
    }

    private void evaluations() {
        List<Training.Evaluated> losses = run.evaluations();
        losses.subList(reported, losses.size())
                .forEach(dev -> report.evaluation(dev.step(), "dev", dev.dev()));
        reported = losses.size();
    }

    /**
     * Tells how many steps may be done before each of them is noted.
     *
     * @param step the number of the next step
     * @return how many steps
     */
    public int stepsAtATime(int step) {
        return watcher == null ? Integer.MAX_VALUE : watcher.stepsAtATime(step);
    }

    /**
     * Takes note of a step.
     *
     * @param step its number
     * @param loss its loss
     */
    public void step(int step, float loss) {
        if (watcher == null) {
            report.step(step, loss);
        } else {
            watcher.onStep(step, loss);
        }
        int every = run.config().evaluation().every();
        if (every > 0 && (step + 1) % every == 0) {
            evaluations();
        }
    }

    /**
     * Takes note of the end of training, of the losses there, and of the names drawn there.
     *
     * @param trainLoss the loss of the training set
     * @param devLoss the loss of the dev set
     * @param names names from the model
     */
    public void end(double trainLoss, double devLoss, List<String> names) {
        session.complete();
        int steps = run.stepsDone();
        report.evaluation(steps, "train", trainLoss);
        boolean known = run.evaluations().stream().anyMatch(dev -> dev.step() == steps);
        if (!known) {
            report.evaluation(steps, "dev", devLoss);
        }
        report.samples(steps, names);
        if (watcher != null) {
            report.evaluation(steps, "test", testLoss());
            watcher.end(steps);
        }
    }

    private double testLoss() {
        LanguageModel model = run.saved().model();
        try (Examples test =
                Examples.of(
                        run.manager(), model, corpus.split().test(), run.saved().vocabulary())) {
            return Evaluation.loss(run.manager(), model, test);
        }
    }

    @Override
    public void close() {
        if (watcher != null) {
            watcher.close();
        }
    }
}
