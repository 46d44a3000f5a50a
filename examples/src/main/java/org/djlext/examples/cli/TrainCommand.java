/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.djlext.examples.cli.RunFolder.BEST;
import static org.djlext.examples.cli.RunFolder.LAST;

import ai.djl.ndarray.NDManager;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.djlext.examples.lecture.TrainingProgress;
import org.djlext.examples.report.ReportSession;
import org.djlext.examples.report.RunReport;
import org.djlext.files.OutputFile;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.Novelty;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code makemore train}: trains a model on names, keeps it in a folder, and shows what it has
 * learned.
 */
@Command(
        name = "train",
        description = "Trains a model on names and keeps it in a folder.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class TrainCommand implements Callable<Integer> {

    private static final int SAMPLES = 20;
    private static final int SAVE_EVERY = 1000;

    @Spec private CommandSpec spec;

    @Mixin private ModelOptions model = new ModelOptions();

    @Mixin private RunOptions options = new RunOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private ReportOptions reports = new ReportOptions();

    @Option(
            names = "--work-dir",
            paramLabel = "DIR",
            description = "the folder of the run, default runs/MODEL")
    private @Nullable Path workDir;

    @Option(
            names = "--save-every",
            description =
                    "after how many steps the run is saved, default 1000; with --resume as before")
    private @Nullable Integer saveEvery;

    @Option(
            names = "--resume",
            description = "go on with the run in the folder, with its own settings")
    private boolean resume;

    @Option(names = "--overwrite", description = "start anew in a folder that has a run")
    private boolean overwrite;

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Creates the command; its options are read by picocli. */
    public TrainCommand() {}

    @Override
    public Integer call() throws IOException {
        if (saveEvery != null && saveEvery < 1) {
            throw mistake("--save-every must be at least 1, but is " + saveEvery);
        }
        PrintWriter out = spec.commandLine().getOut();
        Path folder = workDir != null ? workDir : Path.of("runs", model.type().toString());
        NamesCorpus given = resume ? data.given() : data.corpus();
        if (!resume && given != null) {
            settings(config(given)); // what cannot be made should leave no folder
        }
        try (Interruption interruption = new Interruption();
                ReportSession session = reports.open("makemore train", spec);
                NDManager manager = engine.manager(spec);
                Closeable lock = RunFolder.lock(folder, resume, spec);
                Training run = open(manager, folder, given);
                RunReport report =
                        new RunReport(session, run, corpus(run), data.describe(), folder)) {
            NamesCorpus corpus = corpus(run);
            describe(run, corpus, out);
            // When the process is about to end there is no time for more than saving.
            if (train(run, folder, report, interruption, out)) {
                finish(run, corpus, folder, report, out);
            }
            return 0;
        }
    }

    private Training open(NDManager manager, Path folder, @Nullable NamesCorpus given) {
        return resume || given == null
                ? resumed(manager, folder, given)
                : start(manager, folder, given);
    }

    private static NamesCorpus corpus(Training run) {
        if (run.corpus() instanceof NamesCorpus names) {
            return names;
        }
        throw new DataFileException("the run was trained on a text; go on with it by gpt train");
    }

    private Training start(NDManager manager, Path folder, NamesCorpus corpus) {
        if (!overwrite) {
            RunFolder.refuseToReplace(folder, spec);
        }
        Training run;
        try {
            ModelConfig config = config(corpus);
            run = Training.start(manager, config, settings(config), corpus);
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        } catch (ArithmeticException e) {
            throw mistake("the sizes of the model are too large for its arrays");
        }
        try {
            OutputFile.deleteIfExists(folder.resolve(BEST)); // of the run that is replaced
        } catch (IOException e) {
            throw mistake(folder.resolve(BEST) + " cannot be deleted: " + e);
        }
        // At once, so that from here on a killed run can be gone on with.
        run.write(folder.resolve(LAST));
        return run;
    }

    private ModelConfig config(NamesCorpus corpus) {
        try {
            return model.config(corpus.vocabulary().size(), corpus.longest());
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        }
    }

    private TrainingConfig settings(ModelConfig config) {
        try {
            return options.settings(config.type(), saveEvery != null ? saveEvery : SAVE_EVERY);
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        }
    }

    private Training resumed(
            NDManager manager, Path folder, @Nullable NamesCorpus corpus) {
        List<String> given = new ArrayList<>(model.givenSizes());
        given.addAll(options.given());
        ModelOptions.add(given, "--overwrite", overwrite ? true : null);
        RunFolder.refuseToChange(given, "the settings", spec);
        Training run;
        try {
            run = Training.resume(manager, folder.resolve(LAST), options.givenSteps(), corpus);
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        }
        EvaluationPlan plan = run.config().evaluation();
        if (saveEvery != null) {
            run.setEvaluation(
                    new EvaluationPlan(
                            plan.every(), plan.batches(), plan.patience(), saveEvery));
        }
        ModelType type = run.saved().model().config().type();
        if (model.givenType() != null && model.givenType() != type) {
            run.close();
            throw mistake(
                    "the run in " + folder + " is of the type " + type + ", not " + model.type());
        }
        return run;
    }

    private void describe(Training run, NamesCorpus corpus, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%,d %s, %d characters; %,d examples to train on%n%s%s%n",
                corpus.split().train().size()
                        + corpus.split().dev().size()
                        + corpus.split().test().size(),
                data.describe(),
                corpus.vocabulary().size(),
                run.train().size(),
                run.saved().model(),
                run.stepsDone() == 0 ? "" : ", gone on with from step " + run.stepsDone());
        out.flush();
    }

    /** Trains, and tells whether the end was reached. */
    private boolean train(
            Training run,
            Path folder,
            RunReport report,
            Interruption interruption,
            PrintWriter out) {
        Path last = folder.resolve(LAST);
        TrainingConfig settings = run.config();
        int every = settings.evaluation().saveEvery();
        try (TrainingProgress progress =
                new TrainingProgress(run.stepsDone(), settings.maxSteps(), out)) {
            while (!run.isDone() && !interruption.isRequested()) {
                int step = run.stepsDone();
                int untilSaved = every - step % every;
                int most = Math.min(untilSaved, report.stepsAtATime(step));
                for (float loss : run.steps(Math.min(most, settings.maxSteps() - step))) {
                    progress.step(step, loss);
                    report.step(step, loss);
                    step++;
                }
                if (run.isNewBest()) {
                    run.write(folder.resolve(BEST));
                }
                if (run.stepsDone() % every == 0) {
                    run.write(last);
                }
            }
            run.write(last);
            if (interruption.isRequested()) {
                progress.println(
                        "stopped at step "
                                + run.stepsDone()
                                + "; the run is saved in "
                                + folder
                                + ", go on with --resume");
            } else if (run.stepsDone() < settings.maxSteps()) {
                progress.println(
                        "stopped early at step "
                                + run.stepsDone()
                                + ": no new best in "
                                + settings.evaluation().patience()
                                + " dev losses");
            }
            return !interruption.isRequested();
        }
    }

    private void finish(
            Training run, NamesCorpus corpus, Path folder, RunReport report, PrintWriter out) {
        NDManager manager = run.manager();
        SavedModel saved = run.saved();
        double trainLoss = Evaluation.loss(manager, saved.model(), run.train());
        double devLoss = run.evaluate().dev();
        out.printf(Locale.ROOT, "%ntrain %.4f%ndev   %.4f%n", trainLoss, devLoss);
        run.best()
                .ifPresent(
                        best ->
                                out.printf(
                                        Locale.ROOT,
                                        "best dev %.4f after %d steps, in %s%n",
                                        best.dev(),
                                        best.step(),
                                        folder.resolve(BEST)));
        List<String> names =
                new Sampler(manager, saved.model(), saved.vocabulary())
                        .sample(SAMPLES, SamplerSettings.PLAIN);
        out.println();
        names.forEach(out::println);
        out.println();
        out.println(Novelty.of(names, corpus.split()));
        report.end(trainLoss, devLoss, names);
        out.println("the run is in " + folder);
        out.flush();
    }

    private ParameterException mistake(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
