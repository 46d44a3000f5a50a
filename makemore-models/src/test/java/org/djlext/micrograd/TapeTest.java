/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.djlext.makemore.data.NumpyRandom;
import org.djlext.makemore.data.PythonRandom;
import org.junit.jupiter.api.Test;

/** The compiled engine against the readable one, bit for bit. */
class TapeTest {

    @Test
    void trainsBitForBitAsTheReadableEngine() {
        Mlp readable = net();
        Mlp compiled = net();
        Batch moons = Moons.make(60, 0.1, new NumpyRandom(7));
        List<Value> scores = moons.scores(compiled);
        Value loss = loss(compiled, moons, scores);
        Tape tape = Tape.compile(loss, compiled.parameters(), List.of(), scores);
        IntToDoubleFunction schedule = GradientDescent.linear(1, 0.1, 50);
        // Long enough for every loop to be compiled on the way.
        for (int k = 0; k < 50; k++) {
            List<Value> expectedScores = moons.scores(readable);
            Value expected = loss(readable, moons, expectedScores);
            readable.zeroGrad();
            expected.backward();
            GradientDescent.step(readable.parameters(), schedule.applyAsDouble(k));

            tape.forward();
            tape.backward();
            tape.update(schedule.applyAsDouble(k));
            assertEquals(bits(expected.data), bits(tape.root()));
            for (int i = 0; i < 60; i++) {
                assertEquals(bits(expectedScores.get(i).data), bits(tape.output(i)));
            }
            tape.store();
            assertArrayEquals(bits(readable.parameters()), bits(compiled.parameters()));
        }
    }

    @Test
    void gradientsAreSummedInTheOrderOfTheReadableEngine() {
        // Backward reaches w from the last product, then from inside the rectifier, then from the
        // first product: (1 + 1e16) + 1 = 1e16. In another order it would be 1e16 + 2.
        Value w = new Value(1);
        Value sum = new Value(0).add(w.mul(1)).add(w.mul(1e16).relu()).add(w.mul(1));
        sum.backward();
        assertEquals(1e16, w.grad);
        Tape tape = Tape.compile(sum, List.of(w));
        tape.backward();
        tape.store();
        assertEquals(1e16, w.grad);
    }

    @Test
    void inputsMayChangeBetweenSteps() {
        Mlp model = net();
        Batch moons = Moons.make(40, 0.1, new NumpyRandom(3));
        Batch slots = Moons.make(5, 0.3, new NumpyRandom(4));
        Value template = loss(model, slots, slots.scores(model));
        Tape tape = Tape.compile(template, model.parameters(), slots.inputs(), List.of());
        for (int from = 0; from < 40; from += 5) {
            Batch rows = moons.subset(from, from + 1, from + 2, from + 3, from + 4);
            List<Value> inputs = rows.inputs();
            for (int i = 0; i < inputs.size(); i++) {
                tape.setInput(i, inputs.get(i).data);
            }
            tape.forward();
            assertEquals(bits(loss(model, rows, rows.scores(model)).data), bits(tape.root()));
        }
    }

    @Test
    void aStepMakesNoObject() {
        Mlp model = net();
        Batch moons = Moons.make(20, 0.1, new NumpyRandom(1));
        Tape tape = Tape.compile(loss(model, moons, moons.scores(model)), model.parameters());
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
            tape.update(0.01);
        }
    }

    @Test
    void loadTakesWhatTheNodesHold() {
        Value x = new Value(2);
        Tape tape = Tape.compile(x.mul(x), List.of(x));
        tape.backward();
        tape.update(0.25);
        tape.forward();
        assertEquals(1, tape.root());
        x.data = 5;
        tape.load();
        tape.forward();
        assertEquals(25, tape.root());
    }

    @Test
    void badRequestsAreNamed() {
        Value x = new Value(2);
        Value y = x.tanh();
        assertRefused(
                "parameters and inputs must be leaves, but " + y + " is the result of tanh",
                () -> Tape.compile(y, List.of(y)));
        assertRefused(
                "parameters and inputs must be listed once, but Value(data=2.0) is twice",
                () -> Tape.compile(y, List.of(x), List.of(x), List.of()));
        assertRefused(
                "an output must be in the graph of the root, but Value(data=1.0) is not",
                () -> Tape.compile(y, List.of(x), List.of(), List.of(new Value(1))));
    }

    private static Mlp net() {
        return Mlp.relu(new PythonRandom(1), 2, 8, 8, 1);
    }

    private static Value loss(Mlp model, Batch batch, List<Value> scores) {
        return Losses.maxMargin(scores, batch.labels()).add(Losses.l2(model.parameters(), 1e-4));
    }

    private static long bits(double x) {
        return Double.doubleToLongBits(x);
    }

    private static long[] bits(List<Value> values) {
        return values.stream().mapToLong(v -> bits(v.data)).toArray();
    }
}
