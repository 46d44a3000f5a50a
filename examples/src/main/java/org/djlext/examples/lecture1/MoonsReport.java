/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.djlext.examples.report.ReportSession;
import org.djlext.examples.report.TrainingReport;
import org.djlext.makemore.diagnostics.Distribution;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.micrograd.Value;

/** Reports micrograd's two moons; looks at no step if no report is asked for. */
final class MoonsReport {

    private static final int MEASURED_STEPS = 200;

    private final ReportSession session;
    private final TrainingReport report;
    private final MoonsDemo.Settings settings;

    MoonsReport(ReportSession session, MoonsDemo.Settings settings) {
        this.session = session;
        this.settings = settings;
        report = session.report();
        report.settings(settings);
        report.plan(0, settings.steps());
        report.learningRate(settings.learningRate());
    }

    /**
     * Takes note of a step whose loss and gradients are known, before its update.
     *
     * @param layers the numbers and gradients of the parameters, by their layers
     */
    void step(int step, double loss, List<List<Value>> layers) {
        if (!session.isOn()) {
            return;
        }
        report.step(step, loss);
        boolean last = step == settings.steps() - 1;
        boolean measured = step % Math.max(1, settings.steps() / MEASURED_STEPS) == 0;
        if (!last && !measured) {
            return;
        }
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            Map<String, Distribution> weights = describe(manager, layers, value -> value.data);
            Map<String, Distribution> gradients = describe(manager, layers, value -> value.grad);
            double rate = settings.learningRate().applyAsDouble(step);
            Map<String, Double> ratios = new LinkedHashMap<>();
            weights.forEach(
                    (name, weight) -> {
                        Distribution gradient = gradients.get(name);
                        if (gradient != null) {
                            ratios.put(name, Math.log10(rate * gradient.std() / weight.std()));
                        }
                    });
            report.parameters(layers.stream().mapToLong(List::size).sum());
            report.updateRatios(step, ratios);
            report.gradientNorm(
                    step,
                    Math.sqrt(
                            layers.stream()
                                    .flatMap(List::stream)
                                    .mapToDouble(value -> value.grad * value.grad)
                                    .sum()));
            if (step == 0 || last) {
                report.histograms(step, "Weights", weights);
                report.histograms(step, "Gradients of weights", gradients);
            }
        }
    }

    /** Tells how many of all points are on their side afterwards. */
    void end(double accuracy) {
        report.result("right points", String.format(Locale.ROOT, "%.0f %%", 100 * accuracy));
        session.complete();
    }

    private static Map<String, Distribution> describe(
            NDManager manager, List<List<Value>> layers, ToDoubleFunction<Value> number) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        for (List<Value> layer : layers) {
            arrays.put(
                    "layer " + arrays.size(),
                    manager.create(layer.stream().mapToDouble(number).toArray()));
        }
        return ModelHistograms.describe(arrays);
    }
}
