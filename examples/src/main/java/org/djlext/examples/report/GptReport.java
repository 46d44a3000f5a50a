/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.makemore.gpt.Gpt;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;

/**
 * Reports a run of {@code makemore gpt train}: the numbers into its folder always, and what it
 * takes looks into the model to know if a report is asked for.
 */
public final class GptReport implements AutoCloseable {

    private static final int LOOKED_AT = 16;
    private static final int SAMPLE = 300;

    private final ReportSession session;
    private final TrainingReport report;
    private final Training training;
    private final @Nullable RunWatcher watcher;

    /**
     * Begins.
     *
     * @param session where the report goes
     * @param training the training, before the first step of this process
     * @param manager a manager of the model's device
     * @param text the text it is trained on
     * @param data where the text comes from
     * @param folder the folder of the run
     */
    public GptReport(
            ReportSession session,
            Training training,
            NDManager manager,
            String text,
            String data,
            Path folder) {
        this.session = session;
        this.training = training;
        report = session.report();
        LanguageModel model = training.saved().model();
        report.parameters(model.parameterCount());
        report.setting("data", data);
        report.settings((Record) model.config());
        report.settings(training.config());
        report.learningRate(training.config()::rateAt);
        report.metrics(folder, training.stepsDone());
        watcher = session.isOn() ? begin(manager, model, text) : null;
    }

    private RunWatcher begin(NDManager manager, LanguageModel model, String text) {
        CharVocabulary tokenizer = training.saved().vocabulary();
        int[] tokens = tokenizer.encode(text);
        int block = model.config().blockSize();
        ModelLook look =
                new ModelLook(
                        report,
                        manager,
                        model,
                        model::loss,
                        manager.create(sequences(tokens, block, 0), new Shape(LOOKED_AT, block)),
                        manager.create(sequences(tokens, block, 1), new Shape(LOOKED_AT, block)),
                        false,
                        IntStream.range(0, tokenizer.size())
                                .mapToObj(i -> tokenizer.decode(i))
                                .toList());
        return new RunWatcher(
                report,
                manager,
                ModelHistograms.matrices(model),
                training.stepsDone(),
                training.config().maxSteps(),
                step -> {
                    look.at(step);
                    sample(step, manager, model, tokens[0]);
                });
    }

    private void sample(int step, NDManager manager, LanguageModel model, long start) {
        SavedModel saved = training.saved();
        Sampler sampler = new Sampler(manager, model, saved.vocabulary());
        SamplerSettings settings =
                SamplerSettings.builder()
                        .prefix(saved.vocabulary().decode((int) start))
                        .length(SAMPLE)
                        .build();
        String text = sampler.oneByOne(new TorchGenerator(step), 1, settings).get(0);
        report.samples(step, List.of(text));
    }

    /** Returns sequences from all over the text, each a number of characters on. */
    private static long[] sequences(int[] tokens, int block, int on) {
        long[] sequences = new long[LOOKED_AT * block];
        long last = (long) tokens.length - block - 1;
        for (int i = 0; i < LOOKED_AT; i++) {
            int from = (int) (i * last / LOOKED_AT) + on;
            for (int j = 0; j < block; j++) {
                sequences[i * block + j] = tokens[from + j];
            }
        }
        return sequences;
    }

    /**
     * Tells how many steps may be done before each of them is noted.
     *
     * @param step the next step
     * @return the number
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
    public void step(int step, double loss) {
        if (watcher == null) {
            report.step(step, loss);
        } else {
            watcher.onStep(step, loss);
        }
    }

    /**
     * Takes note of the losses of both parts of the text.
     *
     * @param losses the losses
     */
    public void evaluated(Training.Evaluated losses) {
        report.evaluation(losses.step(), "train", losses.train());
        report.evaluation(losses.step(), "val", losses.dev());
    }

    /**
     * Takes note of the text that was written at the end.
     *
     * @param text the text
     */
    public void end(String text) {
        session.complete();
        if (watcher != null) {
            watcher.end(training.stepsDone());
        }
        report.samples(training.stepsDone(), List.of(text));
    }

    @Override
    public void close() {
        if (watcher != null) {
            watcher.close();
        }
    }
}
