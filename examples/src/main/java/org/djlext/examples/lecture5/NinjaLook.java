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

/**
 * Looks into the network of exercise 4 for a report.
 *
 * @param report the report
 * @param manager a manager of the parameters' device
 * @param parameters the parameters
 * @param train the training examples
 */
record NinjaLook(
        TrainingReport report, NDManager manager, NinjaParameters parameters, Contexts train) {

    private static final double RATE = 0.1;
    private static final List<String> ACTIVATIONS = List.of("h", "logits");
    private static final List<String> WEIGHTS = List.of("C", "W1", "W2");

    /** Begins to watch a training. */
    RunWatcher watch(NinjaTraining.Settings settings) {
        report.parameters(parameters.count());
        report.settings(settings);
        LearningRate rate = LearningRate.stepDecay(RATE, settings.decayAt());
        report.learningRate(step -> rate.at(step, settings.steps()));
        Map<String, NDArray> weights = new LinkedHashMap<>();
        NDList all = parameters.list();
        WEIGHTS.forEach(name -> weights.put(name, all.get(NinjaParameters.NAMES.indexOf(name))));
        return new RunWatcher(report, manager, weights, 0, settings.steps(), this::at);
    }

    private void at(int stepsDone) {
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
                IntStream.range(0, CharVocabulary.LETTERS.size())
                        .mapToObj(CharVocabulary.LETTERS::character)
                        .toList(),
                parameters.c().toFloatArray(),
                NinjaParameters.N_EMBD);
    }

    private void tell(int stepsDone, String kind, List<String> names, Map<String, NDArray> all) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        names.forEach(name -> arrays.put(name, all.get(name)));
        report.histograms(stepsDone, kind, ModelHistograms.describe(arrays));
    }
}
