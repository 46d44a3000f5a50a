/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.ArrayList;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.micrograd.Mlp;

/** Steps that are too large: some land well, some explode first, some never come back. */
final class Overshoot {

    private Overshoot() {}

    /**
     * Losses before each step.
     *
     * @param warmUp six steps of 0.01 and three of 0.1, which all of the others start with
     * @param lands steps of 4 from a net where the first happens to land
     * @param explodes steps of 1 from another: the loss triples, and then all but vanishes
     * @param lost steps of 2 from there: every tanh is saturated, and no gradient leads back
     */
    record Result(
            List<Double> warmUp, List<Double> lands, List<Double> explodes, List<Double> lost) {}

    static Result run(Output out) {
        Mlp model = FourExamples.newModel(1337);
        List<Double> warmUp = warmUp(model);
        out.line("steps of 0.01, then 0.1:  %s", FourExamples.rounded(warmUp));
        List<Double> explodes = FourExamples.train(model, 4, 1, true);
        out.line("then of 1, explodes:      %s", FourExamples.rounded(explodes));
        out.line(
                "  and the predictions are %s",
                FourExamples.rounded(FourExamples.predictions(model)));
        List<Double> lost = largeSteps(1337, 2);
        out.line("or of 2, lost:            %s", FourExamples.rounded(lost));
        List<Double> lands = largeSteps(7, 4);
        out.line("of 4 by another net:      %s", FourExamples.rounded(lands));
        return new Result(warmUp, lands, explodes, lost);
    }

    private static List<Double> largeSteps(long seed, double learningRate) {
        Mlp model = FourExamples.newModel(seed);
        warmUp(model);
        return FourExamples.train(model, 4, learningRate, true);
    }

    private static List<Double> warmUp(Mlp model) {
        List<Double> losses = new ArrayList<>(FourExamples.train(model, 6, 0.01, true));
        losses.addAll(FourExamples.train(model, 3, 0.1, true));
        return losses;
    }
}
