/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import org.djlext.autograd.Functional;
import org.djlext.internal.ForwardLevel;

/**
 * Compares v'Ju with central differences, for each pair of an input and an output, along directions
 * u of the input and v of the output. A backward pass gives v'J, one of forward mode gives Ju.
 *
 * <p>In slow mode the directions are those of the elements, and every entry of every Jacobian is
 * compared. In fast mode there is one random direction for each input and output, at a cost that
 * does not grow with their sizes; forward mode takes each element of the output even then.
 */
final class JacobianCheck {

    /** The rows of the Jacobians may take half a gigabyte. */
    private static final long MAX_ENTRIES = 1L << 26;

    private final Findings findings;
    private final Subject subject;
    private final GradCheckSettings settings;
    private final Recording recording;
    private final List<Subject.Output> base;
    private final List<Integer> outputs;
    private final boolean fast;
    private boolean inForwardMode;

    /** A direction of one of the outputs, and their places among the outputs and directions. */
    private record Row(int output, int place, Direction v) {}

    /** What v'Ju is said to be along each row. */
    @FunctionalInterface
    private interface Analytical {
        double[] along(int input, Direction u);
    }

    /** Creates the check of some of the outputs of a call. */
    JacobianCheck(Findings findings, Recording recording, List<Integer> outputs) {
        this(findings, recording, outputs, findings.settings().fast());
    }

    private JacobianCheck(
            Findings findings, Recording recording, List<Integer> outputs, boolean fast) {
        this.findings = findings;
        subject = findings.subject();
        settings = findings.settings();
        this.recording = recording;
        base = recording.outputs();
        this.outputs = outputs;
        this.fast = fast;
    }

    /** Compares backward, in fast mode for each seed until one fails. */
    void run() {
        long entries = entries(subject.differentiated());
        if (entries == 0) {
            findings.leaveOut(
                    Check.JACOBIAN,
                    "the inputs that require a gradient or the outputs have no elements");
            return;
        }
        if (fast) {
            findings.leaveOut(
                    "single entries of the Jacobian",
                    "fast mode compares their sum along random directions");
        } else if (entries > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    ("slow mode compares every entry of the Jacobian, at most"
                                    + " %s, but %s has %s here; use smaller inputs, a sum as"
                                    + " output, or fast mode")
                            .formatted(MAX_ENTRIES, subject.name(), entries));
        }
        for (long seed : seeds()) {
            if (!findings.hasFailed(Check.JACOBIAN)) {
                runBackward(new SplittableRandom(seed));
            }
        }
    }

    private List<Long> seeds() {
        return fast ? settings.seeds() : List.of(0L);
    }

    /** Returns how many entries the Jacobians have. */
    private long entries(List<Integer> inputs) {
        long in = inputs.stream().mapToLong(i -> subject.inputs().get(i).array().size()).sum();
        long out = outputs.stream().mapToLong(k -> base.get(k).values.length).sum();
        return in * out;
    }

    private void runBackward(SplittableRandom random) {
        List<Row> rows = rows(fast, random);
        Analytical backward = byBackward(rows);
        findings.begin(Check.OUTPUTS_STABLE);
        for (int input : subject.differentiated()) {
            List<Tally> tallies = compare(Check.JACOBIAN, input, rows, backward, random);
            for (Tally tally : tallies) {
                if (tally.isWrong()) {
                    findings.fail(fast ? alongDirections(input, tally) : tally.jacobianFailure(""));
                }
            }
            if (!fast) {
                warnOfSmall(input, tallies);
            }
        }
        findings.begin(Check.JACOBIAN);
    }

    /**
     * Compares forward mode, in fast mode for each seed until one fails.
     *
     * @throws Findings.Stop if something in the function has no forward rule
     */
    void runForwardMode() {
        for (long seed : seeds()) {
            if (findings.areNone()) {
                runForwardMode(new SplittableRandom(seed));
            }
        }
    }

    private void runForwardMode(SplittableRandom random) {
        List<Row> rows = rows(false, random);
        for (int input : subject.differentiated()) {
            findings.begin(Check.FORWARD_MODE);
            for (Tally tally :
                    compare(Check.FORWARD_MODE, input, rows, this::byForwardMode, random)) {
                if (tally.isWrong()) {
                    findings.fail(
                            fast
                                    ? tally.failureAlong(tally.along("a random direction, Ju of"))
                                    : tally.jacobianFailure(""));
                }
            }
        }
    }

    private List<Row> rows(boolean random, SplittableRandom numbers) {
        List<Row> rows = new ArrayList<>();
        for (int c = 0; c < outputs.size(); c++) {
            List<Direction> vs =
                    directions(random, base.get(outputs.get(c)).values.length, numbers);
            for (int e = 0; e < vs.size(); e++) {
                rows.add(new Row(c, e, vs.get(e)));
            }
        }
        return rows;
    }

    /** Returns the directions of an array: one at random, or all of its elements. */
    private static List<Direction> directions(boolean random, int size, SplittableRandom numbers) {
        return random ? List.of(Direction.random(size, numbers)) : Direction.elements(size);
    }

    private Analytical byBackward(List<Row> rows) {
        List<List<double[]>> gradients = new ArrayList<>();
        for (Row row : rows) {
            int output = outputs.get(row.output);
            TreeMap<Integer, double[]> upstream = new TreeMap<>();
            upstream.put(output, row.v.toVector(base.get(output).values.length));
            gradients.add(findings.gradientsTwice(recording, upstream));
        }
        return (input, u) -> {
            int place = subject.differentiated().indexOf(input);
            return gradients.stream().mapToDouble(dx -> u.dot(dx.get(place))).toArray();
        };
    }

    private double[] byForwardMode(int input, Direction u) {
        try (NDManager manager = subject.newManager()) {
            NDList arguments = subject.copies(manager);
            NDArray x = arguments.get(input);
            Function<NDList, NDList> ofOne =
                    in -> {
                        inForwardMode = ForwardLevel.isOn();
                        NDList all = new NDList(arguments);
                        all.set(input, in.get(0));
                        return subject.function().apply(all);
                    };
            double[] direction = u.toVector(Math.toIntExact(x.size()));
            NDList v = new NDList(Elements.toArray(manager, direction, x));
            NDList product;
            try {
                product = Functional.jvp(ofOne, new NDList(x), v).product();
            } catch (RuntimeException e) {
                throw new Findings.Stop(
                        Check.FORWARD_MODE, input, subject.name() + " in forward mode threw " + e);
            }
            if (!inForwardMode) { // another way was taken, which calls the function once more
                throw new Findings.Stop(
                        Check.FORWARD_MODE,
                        -1,
                        subject.name()
                                + " has no forward mode: it, or a function in it, has no jvp;"
                                + " override AutogradFunction.jvp, or leave out optForwardAd");
            }
            return outputs.stream()
                    .flatMapToDouble(k -> DoubleStream.of(Elements.of(product.get(k))))
                    .toArray();
        }
    }

    /**
     * Compares the derivatives by an input.
     *
     * @return a tally for each of the outputs
     * @throws Findings.Stop if the function fails, or if an output does not have the form that it
     *     has at the inputs
     */
    private List<Tally> compare(
            Check check,
            int input,
            List<Row> rows,
            Analytical analytical,
            SplittableRandom random) {
        List<Tally> tallies = new ArrayList<>();
        for (int k : outputs) {
            tallies.add(new Tally(check, subject, input, k, base.get(k).shape));
        }
        int size = Math.toIntExact(subject.inputs().get(input).array().size());
        List<Direction> us = directions(fast, size, random);
        for (int i = 0; i < us.size(); i++) {
            Differences differences = new Differences(subject, settings, base, input, us.get(i));
            double[] said = analytical.along(input, differences.direction());
            for (int r = 0; r < said.length; r++) {
                Row row = rows.get(r);
                Tally tally = tallies.get(row.output);
                differences.judge(tally.output(), row.v, said[r], tally, i, row.place);
            }
        }
        return tallies;
    }

    /** Warns where the tolerance lets any gradient pass. */
    private void warnOfSmall(int input, List<Tally> tallies) {
        double largest = tallies.stream().mapToDouble(Tally::largest).max().orElse(0);
        double atol = settings.isClose() ? Differences.CLOSE.atol() : settings.tolerance().atol();
        if (largest > 0 && largest <= atol) {
            findings.warn(
                    ("no derivative by %s is larger than %s, so that atol %s"
                                    + " lets any gradient as small pass; multiply the output"
                                    + " by a constant")
                            .formatted(
                                    subject.inputs().get(input).label(),
                                    Tally.shorter(largest),
                                    atol));
        }
    }

    /** The failure of fast mode, with what slow mode says about the same input and output. */
    private GradCheckReport.Failure alongDirections(int input, Tally tally) {
        String along = tally.along("random directions, v'Ju by");
        Findings unreported = new Findings(subject, settings);
        JacobianCheck slow =
                new JacobianCheck(unreported, recording, List.of(tally.output()), false);
        if (slow.entries(List.of(input)) > MAX_ENTRIES) {
            return tally.failureAlong(along + "; too large for slow mode");
        }
        SplittableRandom unused = new SplittableRandom(0);
        List<Row> rows = slow.rows(false, unused);
        Tally exact =
                slow.compare(Check.JACOBIAN, input, rows, slow.byBackward(rows), unused).get(0);
        return exact.isWrong()
                ? exact.jacobianFailure(along + "; slow mode fails too: ")
                : tally.failureAlong(
                        along
                                + "; slow mode passes, so each element is within the tolerance, and"
                                + " their sum along u and v is not");
    }
}
