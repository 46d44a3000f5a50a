/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.djlext.examples.lecture.Lab.text;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.ObjIntConsumer;
import org.djlext.examples.lecture.TrainingProgress;
import org.djlext.examples.report.ReportSession;
import org.djlext.examples.report.RunReport;
import org.djlext.examples.report.RunWatcher;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.Novelty;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingRanks;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code makemore train}: trains a model on names or on a text, keeps it in a folder, and shows
 * what it has learned.
 */
@Command(name = "train")
final class TrainCommand extends MakemoreCommand {

    @Mixin private TrainOptions options = new TrainOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private ReportOptions reports = new ReportOptions();

    @Mixin private DistributedOptions distributed = new DistributedOptions();

    @Mixin private EngineOptions engine = new EngineOptions();

    @Option(names = "--work-dir", paramLabel = "DIR")
    private @Nullable Path workDir;

    @Option(names = "--resume")
    private boolean resume;

    @Option(names = "--overwrite")
    private boolean overwrite;

    @Override
    void run() throws IOException {
        boolean text = options.model.type() == ModelType.GPT;
        boolean own = resume && !data.isGiven();
        if (own) {
            data.refuse("in a run that is resumed with its own data");
        }
        Corpus given = own ? null : data.corpus(text);
        if (!resume && given != null) {
            // What cannot be made should leave no folder.
            options.training(options.model(given), given);
        }
        try (Interruption interruption = new Interruption();
                NDManager manager = engine.manager();
                TrainingRanks ranks = distributed.join();
                ReportSession session = session(ranks);
                RunFolder folder = folder(ranks);
                Training run =
                        given == null || resume || isRestarted(ranks, folder)
                                ? resumed(manager, folder, given, ranks)
                                : start(manager, folder, given, ranks)) {
            if (!ranks.isFirst()) {
                follow(run, folder, interruption);
                return;
            }
            Corpus corpus = run.corpus();
            String described = data.describe(corpus);
            try (RunReport report = new RunReport(session, run, corpus, described, folder.path())) {
                line(
                        "%s, %d %s; %,d examples to train on%n%s%s",
                        described,
                        corpus.vocabulary().size(),
                        corpus instanceof TextCorpus ? "different" : "characters",
                        run.train().size(),
                        run.saved().model(),
                        run.stepsDone() == 0 ? "" : ", resumed at step " + run.stepsDone());
                if (ranks.size() > 1) {
                    line("%s", ranks.describe(run.saved().model()));
                }
                // When the process is about to end there is no time for more than saving.
                if (train(run, folder, report, interruption)) {
                    finish(run, corpus, folder, report);
                }
            }
        }
    }

    private ReportSession session(TrainingRanks ranks) {
        if (ranks.syncBatchNorm() && reports.isGiven()) {
            throw new Mistake(
                    "a report looks into the model in one process, which batch norm over all of"
                            + " them does not allow; leave out --sync-batch-norm, or --report and"
                            + " --serve");
        }
        return (ranks.isFirst() ? reports : new ReportOptions()).open("makemore train", spec);
    }

    private RunFolder folder(TrainingRanks ranks) {
        Path path = workDir != null ? workDir : Path.of("runs", options.model.type().toString());
        boolean isMissing = resume && !Files.exists(path);
        return ranks.isFirst() && !isMissing ? RunFolder.lock(path) : RunFolder.unlocked(path);
    }

    /** Tells whether a run is resumed because its processes were started again. */
    private boolean isRestarted(TrainingRanks ranks, RunFolder folder) {
        boolean known = !ranks.isFirst() || folder.hasRunOf(DistributedOptions.launch());
        return DistributedOptions.isRestarted() && ranks.fewest(known ? 1 : 0) == 1;
    }

    private Training start(
            NDManager manager, RunFolder folder, Corpus corpus, TrainingRanks ranks) {
        if (!overwrite && ranks.isFirst()) {
            RunFolder.refuseToReplace(folder.path());
        }
        ModelConfig config = options.model(corpus);
        TrainingConfig settings = options.training(config, corpus);
        Training run =
                Mistake.unless(() -> Training.start(manager, config, settings, corpus, ranks));
        folder.begin(DistributedOptions.launch());
        // At once, so that from here on a killed run can be resumed.
        run.write(folder.last());
        return run;
    }

    private Training resumed(
            NDManager manager, RunFolder folder, @Nullable Corpus corpus, TrainingRanks ranks) {
        if (resume) {
            TrainOptions.refuseToChange(spec, "options");
        }
        Training run =
                Mistake.unless(
                        () ->
                                Training.resume(
                                        manager,
                                        folder.last(),
                                        options.givenSteps(),
                                        corpus,
                                        ranks));
        run.setEvaluation(options.plan(run.config().evaluation()));
        ModelType type = run.saved().model().config().type();
        if (options.model.givenType() != null && options.model.givenType() != type) {
            run.close();
            throw new Mistake(
                    "the run in %s is of the model %s, not %s", folder, type, options.model.type());
        }
        return run;
    }

    /** Trains, and tells whether the end was reached. */
    private boolean train(
            Training run, RunFolder folder, RunReport report, Interruption interruption) {
        int maxSteps = run.config().maxSteps();
        try (TrainingProgress progress = new TrainingProgress(run.stepsDone(), maxSteps, out())) {
            int[] told = {run.evaluations().size()};
            boolean isWhole =
                    steps(
                            run,
                            folder,
                            interruption,
                            report::stepsAtATime,
                            (losses, first) -> {
                                int step = first;
                                for (float loss : losses) {
                                    told[0] = tell(run, told[0], step, progress);
                                    progress.step(step, loss);
                                    report.step(step, loss);
                                    step++;
                                }
                                told[0] = tell(run, told[0], step, progress);
                            });
            if (!isWhole) {
                progress.println(
                        "stopped at step %d; the run is saved in %s, go on with --resume"
                                .formatted(run.stepsDone(), folder));
            } else if (run.stepsDone() < maxSteps) {
                progress.println(
                        "stopped early at step %d: no new best in %d dev losses"
                                .formatted(run.stepsDone(), run.config().evaluation().patience()));
            }
            return isWhole;
        }
    }

    /** Does what ranks other than 0 do: the same steps, without a word. */
    private static void follow(Training run, RunFolder folder, Interruption interruption) {
        if (steps(run, folder, interruption, step -> Integer.MAX_VALUE, (losses, step) -> {})) {
            conclude(run, folder);
        }
    }

    /**
     * Does all steps and saves the run along the way, together with all other ranks.
     *
     * @param most how many steps may be done at a time from a step on
     * @param told is told the losses of some steps, and the number of the first of them
     * @return whether the end was reached; otherwise a process is to end
     */
    private static boolean steps(
            Training run,
            RunFolder folder,
            Interruption interruption,
            IntUnaryOperator most,
            ObjIntConsumer<float[]> told) {
        TrainingRanks ranks = run.ranks();
        int every = run.config().evaluation().saveEvery();
        while (!run.isDone()) {
            int step = run.stepsDone();
            int left = Math.min(every - step % every, run.config().maxSteps() - step);
            int next =
                    ranks.fewest(
                            interruption.isRequested() ? 0 : Math.min(left, most.applyAsInt(step)));
            if (next == 0) {
                break;
            }
            told.accept(run.steps(next), step);
            folder.saveIfBest(run);
            if (run.stepsDone() % every == 0) {
                run.write(folder.last());
            }
        }
        run.write(folder.last());
        return ranks.fewest(interruption.isRequested() ? 0 : 1) == 1;
    }

    /** Prints the losses that were evaluated up to a step, and returns how many are printed now. */
    private static int tell(Training run, int told, int step, TrainingProgress progress) {
        List<Training.Evaluated> all = run.evaluations();
        int next = told;
        while (next < all.size() && all.get(next).step() <= step) {
            progress.println(line(all.get(next), run.config().maxSteps()));
            next++;
        }
        return next;
    }

    private static String line(Training.Evaluated losses, int steps) {
        String train = Double.isNaN(losses.train()) ? "" : text("train %.4f ", losses.train());
        return text("%7d/%7d: %sdev %.4f", losses.step(), steps, train, losses.dev());
    }

    /** Evaluates the run at its end, on all ranks. */
    private static Training.Evaluated conclude(Training run, RunFolder folder) {
        Training.Evaluated last = run.evaluate();
        folder.saveIfBest(run);
        return last;
    }

    private void finish(Training run, Corpus corpus, RunFolder folder, RunReport report) {
        Training.Evaluated last = conclude(run, folder);
        double train = trainLoss(run, last);
        line("%ntrain %.4f%ndev   %.4f", train, last.dev());
        run.best()
                .ifPresent(
                        best ->
                                line(
                                        "best dev %.4f after %d steps, in %s",
                                        best.dev(), best.step(), folder.best()));
        List<String> samples = samples(run, folder);
        line("%n%s", String.join(System.lineSeparator(), samples));
        if (corpus instanceof NamesCorpus names) {
            line("%n%s", Novelty.of(samples, names.split()));
        }
        report.end(train, samples);
        line("the run is in %s", folder);
    }

    /** Draws from the best model, which may be an earlier one than the last. */
    private static List<String> samples(Training run, RunFolder folder) {
        boolean earlier = run.best().map(best -> best.step() < run.stepsDone()).orElse(false);
        try (NDManager manager = run.manager().newSubManager()) {
            return RunWatcher.samples(
                    manager,
                    earlier ? SavedModel.load(folder.best(), manager) : run.saved(),
                    run.config().seed());
        }
    }
}
