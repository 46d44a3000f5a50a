/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.nio.file.Path;
import java.util.List;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Training;

/**
 * Follows a run of {@code makemore train}, whose numbers go into its folder too, whether a report
 * is asked for or not.
 */
public final class RunReport extends RunWatcher {

    /** The files that are kept in the folder of a run, beside those for TensorBoard. */
    public static final List<String> FILES = List.of(MetricFiles.CSV, MetricFiles.SETTINGS);

    private final ReportSession session;
    private final Training run;
    private final Corpus corpus;
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
        super(
                session,
                run.manager(),
                run.saved(),
                run.train(),
                run.config().seed(),
                run.stepsDone(),
                run.config().maxSteps());
        this.session = session;
        this.run = run;
        this.corpus = corpus;
        reported = run.evaluations().size(); // they are in the folder
        ModelConfig sizes = run.saved().model().config();
        report.title("makemore train: " + sizes.type());
        report.setting("data", data);
        report.settings((Record) sizes);
        report.settings(run.config());
        report.learningRate(run.config()::rateAt);
        report.metrics(folder, run.stepsDone());
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

    @Override
    public void step(int step, double loss) {
        super.step(step, loss);
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
        end(steps);
    }

    private double testLoss() {
        LanguageModel model = run.saved().model();
        Examples test = model.examples(corpus, Corpus.Part.TEST);
        return Evaluation.loss(run.manager(), model, test);
    }
}
