/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.djlext.makemore.data.NumpyRandom;
import org.djlext.makemore.data.PythonRandom;
import org.djlext.micrograd.Batch;
import org.djlext.micrograd.GradientDescent;
import org.djlext.micrograd.Losses;
import org.djlext.micrograd.Mlp;
import org.djlext.micrograd.Moons;
import org.djlext.micrograd.Tape;
import org.djlext.micrograd.Value;

/** The steps that are timed: the moons demo, from its first parameters, in either engine. */
final class MoonsSteps {

    private static final IntToDoubleFunction SCHEDULE = GradientDescent.linear(1, 0.1, 100);

    private final Batch batch = Moons.make(100, 0.1, new NumpyRandom(1337));

    /**
     * What training took.
     *
     * @param secondsPerStep the time of a step
     * @param loss the loss of the last step
     */
    record Timing(double secondsPerStep, double loss) {}

    Batch batch() {
        return batch;
    }

    Timing readable(int count) {
        Mlp model = newModel();
        double loss = 0;
        long start = System.nanoTime();
        for (int k = 0; k < count; k++) {
            Value root = loss(model);
            model.zeroGrad();
            root.backward();
            GradientDescent.step(model.parameters(), SCHEDULE.applyAsDouble(k % 100));
            loss = root.data;
        }
        return new Timing((System.nanoTime() - start) / 1e9 / count, loss);
    }

    Timing compiled(int count) {
        Mlp model = newModel();
        Tape tape = Tape.compile(loss(model), model.parameters());
        double loss = 0;
        long start = System.nanoTime();
        for (int k = 0; k < count; k++) {
            tape.forward();
            tape.backward();
            tape.update(SCHEDULE.applyAsDouble(k % 100));
            loss = tape.root();
        }
        return new Timing((System.nanoTime() - start) / 1e9 / count, loss);
    }

    private static Mlp newModel() {
        return Mlp.relu(new PythonRandom(1337), 2, 16, 16, 1);
    }

    private Value loss(Mlp model) {
        List<Value> scores = batch.scores(model);
        return Losses.maxMargin(scores, batch.labels()).add(Losses.l2(model.parameters(), 1e-4));
    }
}
