/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import org.djlext.makemore.data.NumpyRandom;
import org.djlext.makemore.data.PythonRandom;
import org.djlext.micrograd.Batch;
import org.djlext.micrograd.GradientDescent;
import org.djlext.micrograd.Losses;
import org.djlext.micrograd.Mlp;
import org.djlext.micrograd.Moons;
import org.djlext.micrograd.Tape;
import org.djlext.micrograd.Value;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Times one training step of the moons demo: forward, loss, backward and update of the net
 * 2-[16,16,1] on 100 points, on one thread, with a graph that is built in each step, with a tape of
 * a graph that is built once, and in micrograd in CPython.
 *
 * <p>In each round all take turns, and each trains anew from the same parameters; the losses that
 * they reach are compared, so that nobody wins by doing something else. CPython runs twice: as it
 * is, and with its cyclic garbage collector off, which spends more time on such graphs than the
 * graphs take. Printed are medians over the rounds, and the ratio to CPython of the same round: its
 * median, least and largest. Rounds before the first that counts warm the JVM up. Without Python
 * only the first two are timed. Last come backward passes over a million nodes.
 */
@Command(
        name = "MicrogradBenchmark",
        description = "Times the engines of scalars beside micrograd in CPython.")
final class MicrogradBenchmark extends Benchmark {

    private static final IntToDoubleFunction SCHEDULE = GradientDescent.linear(1, 0.1, 100);
    private static final int COMPARED_STEPS = 3;
    private static final int OURS = 2;
    private static final int WARM_UP_ROUNDS = 5;
    private static final int MILLION = 1_000_000;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Option(names = "--python", description = "the command of a Python, default ${DEFAULT-VALUE}")
    private String python = "python3";

    private final Batch batch = Moons.make(100, 0.1, new NumpyRandom(1337));

    public static void main(String... args) {
        main(new MicrogradBenchmark(), args);
    }

    @Override
    boolean run() {
        List<Side> sides = new ArrayList<>();
        sides.add(new Side("graph each step", 20, this::graphs));
        sides.add(new Side("tape", 300, this::tape));
        try (PythonProcess original = startPython()) {
            if (original != null) {
                sides.add(new Side("CPython", COMPARED_STEPS, n -> original.ask("run " + n)));
                sides.add(
                        new Side(
                                "CPython, gc off",
                                COMPARED_STEPS,
                                n -> original.ask("run-uncollected " + n)));
            }
            checkSameLosses(sides);
            measure(sides);
        }
        time("a chain of 1,000,000 nodes", MicrogradBenchmark::chain);
        time("a sum of 1,000,000 terms", MicrogradBenchmark::sum);
        return true;
    }

    private @Nullable PythonProcess startPython() {
        try {
            PythonProcess process = new PythonProcess(python, "micrograd_step.py");
            process.tell("points " + batch.points().size());
            for (int i = 0; i < batch.points().size(); i++) {
                List<Value> point = batch.points().get(i);
                int label = (int) batch.labels().get(i).data;
                process.tell(point.get(0).data + " " + point.get(1).data + " " + label);
            }
            return process;
        } catch (IOException e) {
            out().line("CPython is left out: %s", String.valueOf(e.getMessage()));
            return null;
        }
    }

    /**
     * Trains with a new graph in each step, and returns the seconds of a step and the last loss.
     */
    private double[] graphs(int count) {
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
        return new double[] {(System.nanoTime() - start) / 1e9 / count, loss};
    }

    private double[] tape(int count) {
        Mlp model = newModel();
        Value loss = loss(model);
        Tape tape = new Tape(loss);
        long start = System.nanoTime();
        for (int k = 0; k < count; k++) {
            tape.forward();
            tape.backward();
            GradientDescent.step(model.parameters(), SCHEDULE.applyAsDouble(k % 100));
        }
        return new double[] {(System.nanoTime() - start) / 1e9 / count, loss.data};
    }

    private static Mlp newModel() {
        return Mlp.relu(new PythonRandom(1337), 2, 16, 16, 1);
    }

    private Value loss(Mlp model) {
        List<Value> scores = batch.scores(model);
        return Losses.maxMargin(scores, batch.labels()).add(Losses.l2(model.parameters(), 1e-4));
    }

    private void checkSameLosses(List<Side> sides) {
        double expected = tape(COMPARED_STEPS)[1];
        for (Side side : sides) {
            double loss = side.work().apply(COMPARED_STEPS)[1];
            if (!(Math.abs(loss - expected) <= 1e-9)) {
                throw new IllegalStateException(
                        side.name() + " reached the loss " + loss + ", not " + expected);
            }
        }
        out().line("loss of step %d on every side: %.10f", COMPARED_STEPS - 1, expected);
    }

    private void measure(List<Side> sides) {
        List<Side> engines = sides.subList(0, OURS);
        Timing.ofSides(WARM_UP_ROUNDS, engines); // Python has nothing to warm up
        Timing t = Timing.ofSides(rounds.count(), sides);
        for (int i = 0; i < sides.size(); i++) {
            out().line("%-16s %10.4f ms a step", sides.get(i).name(), 1e3 * t.median(i));
        }
        for (int i = 0; i < OURS; i++) {
            for (int k = OURS; k < sides.size(); k++) {
                out().line(
                                "%s: %s times the speed of %s",
                                sides.get(i).name(), t.ratio("%.0f", k, i), sides.get(k).name());
            }
        }
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
    private void time(String name, Supplier<Value> graph) {
        double[] milliseconds = new double[rounds.count()];
        for (int round = 0; round < milliseconds.length; round++) {
            Value root = graph.get();
            long start = System.nanoTime();
            root.backward();
            milliseconds[round] = (System.nanoTime() - start) / 1e6;
        }
        String spread = Timing.spread("%.0f", milliseconds);
        out().line("backward over %s: %s ms", name, spread);
    }
}
