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
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.djlext.examples.report.GptReport;
import org.djlext.examples.report.ReportSession;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code makemore gpt train}: trains a GPT on a text, keeps it in a folder, and lets it write. */
@Command(
        name = "train",
        description = "Trains a GPT on a text and keeps it in a folder.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class GptTrainCommand implements Callable<Integer> {

    /** The folder of a run, if no other is given. */
    static final String FOLDER = "runs/gpt";

    private static final int SAMPLE = 300;
    private static final int EVERY = 250;
    private static final int BATCHES = 20;

    // What does not change the run; all else is in the checkpoint.
    private static final Set<String> SIZES =
            Set.of("--block-size", "--embedding", "--heads", "--layers", "--dropout");

    private static final Set<String> FREE =
            Set.of(
                    "--report",
                    "--serve",
                    "--resume",
                    "--work-dir",
                    "--steps",
                    "--eval-every",
                    "--eval-batches",
                    "--data",
                    "--download",
                    "--names",
                    "--device");

    @Spec private CommandSpec spec;

    @Mixin private TextOptions text = new TextOptions();

    @Mixin private GptModelOptions model = new GptModelOptions();

    @Mixin private GptTrainOptions options = new GptTrainOptions();

    @Mixin private ReportOptions reports = new ReportOptions();

    @Option(
            names = "--eval-every",
            paramLabel = "N",
            description =
                    "after how many steps losses are estimated and the run is saved, default 250;"
                            + " with --resume as before")
    private @Nullable Integer evaluateEvery;

    @Option(
            names = "--eval-batches",
            paramLabel = "N",
            description =
                    "batches of an estimate, default 20; the lecture has 200; with --resume as"
                            + " before")
    private @Nullable Integer batches;

    @Option(
            names = "--work-dir",
            paramLabel = "DIR",
            defaultValue = FOLDER,
            description = "the folder of the run, default ${DEFAULT-VALUE}")
    private Path folder = Path.of(FOLDER);

    @Option(
            names = "--resume",
            description =
                    "go on with the run in the folder, with its own model and settings; the text"
                            + " must be the same")
    private boolean resume;

    @Option(names = "--overwrite", description = "start anew in a folder that has a run")
    private boolean overwrite;

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Creates the command; its options are read by picocli. */
    public GptTrainCommand() {}

    @Override
    public Integer call() throws IOException {
        if (isBelowOne(evaluateEvery) || isBelowOne(batches)) {
            throw mistake("--eval-every and --eval-batches must be at least 1");
        }
        PrintWriter out = spec.commandLine().getOut();
        TextCorpus corpus = resume && !text.isGiven() ? null : text.corpus();
        if (corpus != null && !resume) { // what cannot be made should leave no folder
            refuseSizesOfAStage();
            settings();
        }
        try (Interruption interruption = new Interruption();
                ReportSession session = reports.open("makemore gpt train", spec);
                NDManager manager = engine.manager(spec);
                Closeable lock = RunFolder.lock(folder, resume, spec);
                Training training = open(manager, corpus);
                GptReport report = report(session, training, manager)) {
            out.printf(
                    Locale.ROOT,
                    "%,d characters from %s, %d different ones: %s%n%s%s%n",
                    textOf(training).codePoints().count(),
                    text.describe(),
                    training.saved().vocabulary().size(),
                    training.saved().vocabulary(),
                    training.saved().model(),
                    training.stepsDone() == 0
                            ? ""
                            : ", gone on with from step " + training.stepsDone());
            training.setEvaluation(plan(training.config().evaluation()));
            // When the process is about to end there is no time for more than saving.
            if (train(training, report, interruption, out)) {
                out.println();
                report.end(
                        GptText.print(
                                new Sampler(
                                        manager,
                                        training.saved().model(),
                                        training.saved().vocabulary()),
                                "",
                                SamplerSettings.builder().length(SAMPLE).build(),
                                out));
                out.printf("%nthe run is in %s%n", folder);
            }
            out.flush();
            return 0;
        }
    }

    private static boolean isBelowOne(@Nullable Integer given) {
        return given != null && given < 1;
    }

    private EvaluationPlan plan(EvaluationPlan kept) {
        int every = evaluateEvery != null ? evaluateEvery : kept.every();
        return new EvaluationPlan(
                every, batches != null ? batches : kept.batches(), kept.patience(), every);
    }

    private GptReport report(
            ReportSession session,
            Training training,
            NDManager manager) {
        return new GptReport(
                session, training, manager, textOf(training), text.describe(), folder);
    }

    private static String textOf(Training training) {
        if (training.corpus() instanceof TextCorpus corpus) {
            return corpus.text();
        }
        throw new DataFileException("the run was trained on names; go on with it by train");
    }

    private Training open(NDManager manager, @Nullable TextCorpus corpus) {
        Path last = folder.resolve(LAST);
        if (corpus == null || resume) {
            refuseFixedOptions();
            try {
                return Training.resume(manager, last, options.givenSteps(), corpus);
            } catch (IllegalArgumentException e) {
                throw mistake(String.valueOf(e.getMessage()));
            }
        }
        if (!overwrite) {
            RunFolder.refuseToReplace(folder, spec);
        }
        try {
            GptConfig config = model.config(corpus.vocabulary().size());
            return Training.start(manager, config, settings(), corpus);
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        }
    }

    private TrainingConfig settings() {
        try {
            return options.settings(
                    model.gradients(options.accumulates()),
                    plan(new EvaluationPlan(EVERY, BATCHES, 0, EVERY)));
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        }
    }

    private void refuseSizesOfAStage() {
        List<String> given =
                spec.commandLine().getParseResult().matchedOptions().stream()
                        .map(OptionSpec::longestName)
                        .toList();
        List<String> sizes = given.stream().filter(SIZES::contains).toList();
        if (given.contains("--stage") && !sizes.isEmpty()) {
            throw mistake(
                    "--stage has the sizes of the lecture, so "
                            + String.join(", ", sizes)
                            + " cannot be given with it");
        }
    }

    private void refuseFixedOptions() {
        List<String> fixed =
                spec.commandLine().getParseResult().matchedOptions().stream()
                        .map(OptionSpec::longestName)
                        .filter(name -> !FREE.contains(name))
                        .toList();
        RunFolder.refuseToChange(fixed, "the model and the settings", spec);
    }

    /** Trains, and tells whether the end was reached. */
    private boolean train(
            Training training, GptReport report, Interruption interruption, PrintWriter out) {
        TrainingConfig settings = training.config();
        long tokens =
                (long) settings.batchSize()
                        * settings.accumulation()
                        * training.saved().model().config().blockSize();
        GptProgress progress = new GptProgress(tokens, training.stepsDone(), out);
        out.printf(
                Locale.ROOT,
                "%,d tokens a step, %s%n",
                tokens,
                settings.gradients().description());
        progress.restart(training.stepsDone());
        int known = training.evaluations().size();
        if (training.stepsDone() == 0) {
            known = evaluated(training, known, progress, report);
        }
        while (!training.isDone() && !interruption.isRequested()) {
            int step = training.stepsDone();
            int most = Math.min(report.stepsAtATime(step), settings.maxSteps() - step);
            for (float loss : training.steps(most)) {
                report.step(step++, loss);
            }
            if (training.evaluations().size() > known) {
                known = evaluated(training, known, progress, report);
            }
        }
        if (interruption.isRequested()) {
            training.write(folder.resolve(LAST));
            out.printf(
                    "stopped at step %d; the run is saved in %s, go on with --resume%n",
                    training.stepsDone(), folder);
            return false;
        }
        evaluated(training, known, progress, report);
        return true;
    }

    /** Prints and saves what was evaluated since, and returns how often that was so far. */
    private int evaluated(Training training, int known, GptProgress progress, GptReport report) {
        progress.stop();
        training.evaluate();
        int count = training.evaluations().size();
        if (count == known) {
            return known;
        }
        Training.Evaluated losses = training.evaluations().get(count - 1);
        progress.print(losses, training.config().rateAt(training.stepsDone()));
        report.evaluated(losses);
        if (training.isNewBest()) {
            training.write(folder.resolve(BEST));
        }
        training.write(folder.resolve(LAST));
        progress.restart(training.stepsDone());
        return count;
    }

    private ParameterException mistake(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
