/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.report.ReportSession;

/** The topics of lecture 1, in its order. */
public final class Lecture1 {

    private Lecture1() {}

    /**
     * Returns the topics by their names.
     *
     * @param moons the settings of the two moons
     * @param report where to report on the two moons
     * @return what each prints and draws
     */
    public static Map<String, Consumer<Output>> topics(
            MoonsDemo.Settings moons, Supplier<ReportSession> report) {
        Map<String, Consumer<Output>> topics = new LinkedHashMap<>();
        topics.put("readme", ValueBasics::readme);
        topics.put("derivative", Derivative::run);
        topics.put("inputs", Derivative::threeInputs);
        topics.put("value", ValueBasics::run);
        topics.put("backprop", ManualBackprop::run);
        topics.put("neuron", NeuronBackprop::run);
        topics.put("accumulation", GradientAccumulation::run);
        topics.put("tanh", NeuronBackprop::decomposedTanh);
        topics.put("djl", NeuronInDjl::run);
        topics.put("examples", FourExamples::run);
        topics.put("overshoot", FourExamples::overshoot);
        topics.put(
                "moons",
                out -> {
                    try (ReportSession session = report.get()) {
                        MoonsDemo.run(out, moons, session);
                    }
                });
        topics.put("legendre", LegendreDemo::run);
        return topics;
    }
}
