/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
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
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Times one training step of the moons demo: forward, loss, backward and update of the net
 * 2-[16,16,1] on 100 points, on one thread, with a tape of a graph that is built once, with a graph
 * that is built in each step, and in micrograd in CPython.
 *
 * <p>All take turns, and each trains anew from the same parameters; the losses that they reach are
 * compared. CPython runs twice: as it is, and with its cyclic garbage collector off, which spends
 * more time on such graphs than the graphs take. Last come backward passes over a million nodes.
 */
@Command(name = "MicrogradBenchmark")
final class MicrogradBenchmark extends Benchmark {

    private static final IntToDoubleFunction SCHEDULE = GradientDescent.linear(1, 0.1, 100);
    private static final int COMPARED_STEPS = 3;
    private static final int MILLION = 1_000_000;

    @Mixin private Turns turns = new Turns();

    @Mixin private PythonOption python = new PythonOption();

    private final Batch batch = Moons.make(100, 0.1, new NumpyRandom(1337));

    public static void main(String... args) {
        main(new MicrogradBenchmark(), args);
    }

    @Override
    boolean run() {
        List<Side> sides = new ArrayList<>();
        sides.add(new Side("tape", 300, this::tape));
        sides.add(new Side("graph each step", 20, this::graphs));
        boolean same;
        try (PythonProcess original = python.start(out(), "micrograd_step.py")) {
            if (original != null) {
                tellPoints(original);
                sides.add(cPython("CPython", original, "run"));
                sides.add(cPython("CPython, gc off", original, "run-uncollected"));
            }
            same = new Comparison("moons", COMPARED_STEPS, 1e-9, sides).run(turns, out());
        }
        Timing t = turns.time(List.of(() -> backward(chain()), () -> backward(sum())));
        String nodes = "%nbackward over a chain of %,d nodes: %s ms; over a sum of as many: %s ms";
        out().line(nodes, MILLION, t.spread("%.0f", 0, 1e3), t.spread("%.0f", 1, 1e3));
        return same;
    }

    private static Side cPython(String name, PythonProcess process, String command) {
        return new Side(name, COMPARED_STEPS, n -> process.ask(command + " " + n));
    }

    private void tellPoints(PythonProcess process) {
        process.tell("points " + batch.points().size());
        for (int i = 0; i < batch.points().size(); i++) {
            List<Value> point = batch.points().get(i);
            int label = (int) batch.labels().get(i).data;
            process.tell(point.get(0).data + " " + point.get(1).data + " " + label);
        }
    }

    private double[] graphs(int count) {
        Mlp model = newModel();
        return train(
                count,
                model,
                () -> {
                    Value root = loss(model);
                    model.zeroGrad();
                    root.backward();
                    return root.data;
                });
    }

    private double[] tape(int count) {
        Mlp model = newModel();
        Value root = loss(model);
        Tape tape = new Tape(root);
        return train(
                count,
                model,
                () -> {
                    tape.forward();
                    tape.backward();
                    return root.data;
                });
    }

    /**
     * Trains by what computes gradients and a loss; returns the seconds of a step and the losses.
     */
    private static double[] train(int count, Mlp model, DoubleSupplier gradients) {
        double[] answer = new double[count + 1];
        long start = System.nanoTime();
        for (int k = 0; k < count; k++) {
            answer[k + 1] = gradients.getAsDouble();
            GradientDescent.step(model.parameters(), SCHEDULE.applyAsDouble(k % 100));
        }
        answer[0] = Timing.secondsSince(start) / count;
        return answer;
    }

    private static Mlp newModel() {
        return Mlp.relu(new PythonRandom(1337), 2, 16, 16, 1);
    }

    private Value loss(Mlp model) {
        List<Value> scores = batch.scores(model);
        return Losses.maxMargin(scores, batch.labels()).add(Losses.l2(model.parameters(), 1e-4));
    }

    private static Value chain() {
        Value y = new Value(1);
        for (int i = 0; i < MILLION; i++) {
            y = y.tanh();
        }
        return y;
    }

    private static Value sum() {
        Value sum = new Value(0);
        for (int i = 0; i < MILLION; i++) {
            sum = sum.add(new Value(i));
        }
        return sum;
    }

    // Each round has a graph of its own: one that is walked for the first time.
    private static double backward(Value root) {
        long start = System.nanoTime();
        root.backward();
        return Timing.secondsSince(start);
    }
}
