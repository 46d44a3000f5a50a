/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.djlext.makemore.data.NumpyRandom;
import org.djlext.makemore.data.PythonRandom;
import org.junit.jupiter.api.Test;

/** A graph that is computed again against one that is built again, bit for bit. */
class TapeTest {

    @Test
    void trainsBitForBitAsGraphsOfTheirOwn() {
        Mlp fresh = net();
        Mlp taped = net();
        Batch moons = Moons.make(60, 0.1, new NumpyRandom(7));
        List<Value> scores = moons.scores(taped);
        Value loss = MoonsTest.loss(taped, moons, scores);
        Tape tape = new Tape(loss);
        IntToDoubleFunction schedule = GradientDescent.linear(1, 0.1, 50);
        for (int k = 0; k < 50; k++) {
            List<Value> expectedScores = moons.scores(fresh);
            Value expected = MoonsTest.loss(fresh, moons, expectedScores);
            fresh.zeroGrad();
            expected.backward();
            GradientDescent.step(fresh.parameters(), schedule.applyAsDouble(k));

            tape.forward();
            tape.backward();
            GradientDescent.step(taped.parameters(), schedule.applyAsDouble(k));
            assertEquals(expected.data, loss.data);
            assertArrayEquals(MoonsTest.data(expectedScores), MoonsTest.data(scores));
            assertArrayEquals(
                    MoonsTest.data(fresh.parameters()), MoonsTest.data(taped.parameters()));
        }
    }

    @Test
    void leavesMayChangeBetweenSteps() {
        Mlp model = net();
        Batch moons = Moons.make(40, 0.1, new NumpyRandom(3));
        Batch batch = Batch.of(new double[5][2], new double[5]);
        Value loss = MoonsTest.loss(model, batch, batch.scores(model));
        Tape tape = new Tape(loss);
        for (int from = 0; from < 40; from += 5) {
            Batch rows = moons.subset(from, from + 1, from + 2, from + 3, from + 4);
            batch.set(rows);
            tape.forward();
            assertEquals(MoonsTest.loss(model, rows, rows.scores(model)).data, loss.data);
        }
    }

    @Test
    void aStepMakesNoObject() {
        Mlp model = net();
        Batch moons = Moons.make(20, 0.1, new NumpyRandom(1));
        Tape tape = new Tape(MoonsTest.loss(model, moons, moons.scores(model)));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        steps(tape, 100);
        long before = threads.getThreadAllocatedBytes(thread);
        steps(tape, 100);
        assertEquals(0, threads.getThreadAllocatedBytes(thread) - before);
    }

    private static void steps(Tape tape, int count) {
        for (int i = 0; i < count; i++) {
            tape.forward();
            tape.backward();
        }
    }

    private static Mlp net() {
        return Mlp.relu(new PythonRandom(1), 2, 8, 8, 1);
    }
}
