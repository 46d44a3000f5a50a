/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture5;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.djlext.autograd.Autograd;
import org.djlext.examples.report.ModelLook;
import org.djlext.examples.report.ReportSession;
import org.djlext.examples.report.RunWatcher;
import org.djlext.examples.report.TrainingReport;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.makemore.ninja.ChunkedBackward;
import org.djlext.makemore.ninja.ChunkedForward;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.makemore.train.LearningRate;
import org.jspecify.annotations.Nullable;

/** Reports exercise 4 of lecture 5; does nothing if no report is asked for. */
final class NinjaTrainingReport implements AutoCloseable {

    private static final double RATE = 0.1;
    private static final List<String> ACTIVATIONS = List.of("h", "logits");
    private static final List<String> WEIGHTS = List.of("C", "W1", "W2");

    private final TrainingReport report;
    private final NDManager manager;
    private final NinjaParameters parameters;
    private final Contexts train;
    private final CharVocabulary vocabulary;
    private final @Nullable RunWatcher watcher;

    NinjaTrainingReport(
            ReportSession session,
            NDManager manager,
            NinjaParameters parameters,
            Contexts train,
            CharVocabulary vocabulary,
            NinjaTraining.Settings settings) {
        report = session.report();
        this.manager = manager;
        this.parameters = parameters;
        this.train = train;
        this.vocabulary = vocabulary;
        watcher = session.isOn() ? begin(settings) : null;
    }

    private RunWatcher begin(NinjaTraining.Settings settings) {
        report.parameters(parameters.count());
        report.settings(settings);
        LearningRate rate = LearningRate.stepDecay(RATE, settings.decayAt());
        report.learningRate(step -> rate.at(step, settings.steps()));
        Map<String, NDArray> weights = new LinkedHashMap<>();
        NDList all = parameters.list();
        WEIGHTS.forEach(name -> weights.put(name, all.get(NinjaParameters.NAMES.indexOf(name))));
        return new RunWatcher(report, manager, weights, 0, settings.steps(), this::look);
    }

    private void look(int stepsDone) {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            long[] rows = ModelLook.rows(train.size());
            Examples.Batch batch = train.gather(sub, rows);
            NDArray x = batch.x();
            NDArray y = batch.y();
            ChunkedForward forward = ChunkedForward.run(parameters, x, y);
            Map<String, NDArray> tensors = forward.byName(parameters);
            Map<String, NDArray> gradients = ChunkedBackward.run(forward, parameters, x, y);
            tell(stepsDone, "Activations", ACTIVATIONS, tensors);
            tell(stepsDone, "Gradients of activations", ACTIVATIONS, gradients);
            tell(stepsDone, "Weights", WEIGHTS, tensors);
            tell(stepsDone, "Gradients of weights", WEIGHTS, gradients);
        }
        report.embedding(
                stepsDone,
                IntStream.range(0, vocabulary.size()).mapToObj(vocabulary::character).toList(),
                parameters.c().toFloatArray(),
                NinjaParameters.N_EMBD);
    }

    private void tell(int stepsDone, String kind, List<String> names, Map<String, NDArray> all) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        names.forEach(name -> arrays.put(name, all.get(name)));
        report.histograms(stepsDone, kind, ModelHistograms.describe(arrays));
    }

    /** Tells how many steps may be done before each of them is noted. */
    int stepsAtATime(int step) {
        return watcher == null ? Integer.MAX_VALUE : watcher.stepsAtATime(step);
    }

    void step(int step, float loss) {
        if (watcher != null) {
            watcher.onStep(step, loss);
        }
    }

    /** Looks once more when all steps are done. */
    void end(int steps) {
        if (watcher != null) {
            watcher.end(steps);
        }
    }

    @Override
    public void close() {
        if (watcher != null) {
            watcher.close();
        }
    }
}
