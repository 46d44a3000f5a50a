/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Compares v'Ju for each pair of an input and an output, along directions v of the output and u of
 * the input: v'J is a backward pass, and Ju a central difference.
 *
 * <p>In slow mode the directions are those of the elements, and every entry of every Jacobian is
 * compared. In fast mode there is one random direction for each input and output, at a cost that
 * does not grow with their sizes.
 */
final class JacobianCheck {

    /** The rows of the Jacobians may take half a gigabyte. */
    private static final long MAX_ENTRIES = 1L << 26;

    private final Subject subject;
    private final GradCheckSettings settings;
    private final boolean fast;
    private final Recording recording;
    private final List<Subject.Output> base;
    private final List<Integer> positions;
    private final List<Integer> outputs;

    /** The directions of an output, and for each of them the gradients of all inputs. */
    private record Rows(int output, List<Direction> directions, List<List<double[]>> gradients) {}

    /**
     * Creates it.
     *
     * @param subject the function
     * @param settings step and tolerance
     * @param fast whether along random directions
     * @param recording a call of the function at its inputs
     * @param positions which of the differentiated inputs to compare
     * @param outputs which outputs to compare
     */
    JacobianCheck(
            Subject subject,
            GradCheckSettings settings,
            boolean fast,
            Recording recording,
            List<Integer> positions,
            List<Integer> outputs) {
        this.subject = subject;
        this.settings = settings;
        this.fast = fast;
        this.recording = recording;
        this.positions = positions;
        this.outputs = outputs;
        base = recording.outputs();
    }

    /** How many entries the Jacobians have. */
    long entries() {
        long in = 0;
        for (int j : positions) {
            in += subject.inputs().get(subject.differentiated().get(j)).array().size();
        }
        long out = 0;
        for (int k : outputs) {
            out += base.get(k).values().length;
        }
        return in * out;
    }

    /**
     * Compares.
     *
     * @param findings takes the failures
     * @param seed the seed of random directions
     */
    void run(Findings findings, long seed) {
        if (!fast && entries() > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    "slow mode compares every entry of the Jacobian, at most "
                            + MAX_ENTRIES
                            + ", but "
                            + subject.name()
                            + " has "
                            + entries()
                            + " here; use smaller inputs, a sum as output, or fast mode");
        }
        SplittableRandom random = new SplittableRandom(seed);
        List<Rows> rows = new ArrayList<>();
        for (int k : outputs) {
            rows.add(rows(k, random, findings));
        }
        findings.begin(Check.OUTPUTS_STABLE);
        CentralDifferences differences = new CentralDifferences(subject, base);
        for (int j : positions) {
            compare(j, rows, random, differences, findings);
        }
        findings.begin(Check.JACOBIAN);
    }

    private int countDirections(int size) {
        return fast ? 1 : size;
    }

    private Direction direction(int i, int size, SplittableRandom random) {
        return fast ? Direction.random(size, random) : Direction.of(i);
    }

    private Rows rows(int k, SplittableRandom random, Findings findings) {
        int size = base.get(k).values().length;
        Rows rows = new Rows(k, new ArrayList<>(), new ArrayList<>());
        for (int e = 0; e < countDirections(size); e++) {
            Direction v = direction(e, size, random);
            TreeMap<Integer, double[]> upstream = new TreeMap<>();
            upstream.put(k, v.toVector(size));
            rows.directions.add(v);
            rows.gradients.add(findings.gradientsTwice(recording, upstream));
        }
        return rows;
    }

    private void compare(
            int j,
            List<Rows> rows,
            SplittableRandom random,
            CentralDifferences numerics,
            Findings findings) {
        int input = subject.differentiated().get(j);
        double[] values = subject.values(input);
        List<Tally> tallies = new ArrayList<>();
        rows.forEach(row -> tallies.add(new Tally(settings.tolerance())));
        for (int i = 0; i < countDirections(values.length); i++) {
            Direction u = direction(i, values.length, random);
            double[] above = u.step(values, settings.eps(), settings);
            double[] below = u.step(values, -settings.eps(), settings);
            double width = u.dot(above) - u.dot(below);
            Direction taken = u.taken(below, above);
            List<double[]> change = numerics.between(input, above, below);
            for (int c = 0; c < rows.size(); c++) {
                Rows row = rows.get(c);
                for (int e = 0; e < row.directions.size(); e++) {
                    double numerical = row.directions.get(e).dot(change.get(row.output)) / width;
                    double analytical = taken.dot(row.gradients.get(e).get(j));
                    tallies.get(c).add(i, e, analytical, numerical);
                }
            }
        }
        for (int c = 0; c < rows.size(); c++) {
            if (tallies.get(c).isWrong()) {
                int k = rows.get(c).output;
                findings.fail(
                        fast
                                ? alongDirections(j, k, tallies.get(c))
                                : tallies.get(c).failure(subject, input, k, base.get(k).shape()));
            }
        }
        if (!fast) {
            warnOfSmall(input, tallies, findings);
        }
    }

    private void warnOfSmall(int input, List<Tally> tallies, Findings findings) {
        double largest = tallies.stream().mapToDouble(Tally::largest).max().orElse(0);
        if (largest > 0 && largest <= settings.tolerance().atol()) {
            findings.warn(
                    "no derivative by "
                            + subject.inputs().get(input).label()
                            + " is larger than "
                            + Tally.shorter(largest)
                            + ", so that atol "
                            + settings.tolerance().atol()
                            + " lets any gradient as small pass; multiply the output by a constant");
        }
    }

    /** The failure of fast mode, with what slow mode says about the same input and output. */
    private GradCheckFailure alongDirections(int j, int k, Tally tally) {
        int input = subject.differentiated().get(j);
        String label = subject.inputs().get(input).label();
        String message =
                label + ": along random directions, v'Ju by output " + k + " is " + tally.worst();
        JacobianCheck slow =
                new JacobianCheck(subject, settings, false, recording, List.of(j), List.of(k));
        String why = "; too large for slow mode";
        if (slow.entries() <= MAX_ENTRIES) {
            Findings slowly = new Findings(subject, settings);
            slow.run(slowly, 0);
            for (GradCheckFailure found : slowly.failures()) {
                if (found.check() == Check.JACOBIAN) {
                    return found.withMessage(message + "; slow mode fails too: " + found.message());
                }
            }
            why =
                    "; slow mode passes, so each element is within the tolerance, and their sum"
                            + " along u and v is not";
        }
        return tally.failure(subject, input, k, message + why);
    }
}
