/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.djlext.examples.lecture.Output;

/** The topics of lecture 2, in its order. */
public final class Lecture2 {

    private Lecture2() {}

    /**
     * Returns the topics by their names.
     *
     * @param names the names that are counted and learnt
     * @param settings what can be set
     * @return what each prints and draws
     * @throws IllegalArgumentException if a setting cannot be used
     */
    public static Map<String, Consumer<Output>> topics(
            List<String> names, BigramSettings settings) {
        settings.check();
        Map<String, Consumer<Output>> topics = new LinkedHashMap<>();
        topics.put("names", out -> ReadingNames.run(out, names));
        topics.put("dictionary", out -> DictionaryCounts.run(out, names));
        topics.put("tensors", TensorBasics::run);
        topics.put("matrix", out -> CountMatrix.run(out, names));
        topics.put("draws", out -> SamplingNames.draws(out, names));
        topics.put("sampling", out -> SamplingNames.run(out, names, settings));
        topics.put("broadcasting", out -> Broadcasting.run(out, names));
        topics.put("loss", out -> LossOfCounts.run(out, names, settings));
        topics.put("onehot", out -> NetStepByStep.oneHot(out, settings));
        topics.put("net", out -> NetStepByStep.run(out, settings));
        topics.put("training", out -> TrainingTheNet.run(out, names, settings));
        topics.put("equivalence", out -> CountsAndNet.run(out, names, settings));
        topics.put("contexts", out -> ContextGrowth.run(out, names));
        return topics;
    }
}
