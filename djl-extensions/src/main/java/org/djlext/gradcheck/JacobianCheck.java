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
 * Compares v'Ju where v'J is a backward pass.
 *
 * <p>In slow mode the directions are those of the elements, and every entry of every Jacobian is
 * compared. In fast mode there is one random direction for each input and output, at a cost that
 * does not grow with their sizes.
 */
final class JacobianCheck extends DerivativeCheck {

    /** The rows of the Jacobians may take half a gigabyte. */
    private static final long MAX_ENTRIES = 1L << 26;

    private final Recording recording;
    private final List<Integer> inputs;
    private List<Rows> rows = List.of();

    /** The directions of an output, and for each of them the gradients of all inputs. */
    private record Rows(List<Direction> directions, List<List<double[]>> gradients) {}

    JacobianCheck(
            Findings findings,
            boolean fast,
            Recording recording,
            List<Integer> inputs,
            List<Integer> outputs) {
        super(findings, fast, recording.outputs(), outputs);
        this.recording = recording;
        this.inputs = inputs;
    }

    /** How many entries the Jacobians have. */
    long entries() {
        long in = 0;
        for (int i : inputs) {
            in += subject.inputs().get(i).array().size();
        }
        long out = 0;
        for (int k : outputs) {
            out += base.get(k).values.length;
        }
        return in * out;
    }

    /** Compares, along random directions of a seed in fast mode. */
    void run(long seed) {
        if (!fast && entries() > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    ("slow mode compares every entry of the Jacobian, at most"
                                    + " %s, but %s has %s here; use smaller inputs, a sum as"
                                    + " output, or fast mode")
                            .formatted(MAX_ENTRIES, subject.name(), entries()));
        }
        SplittableRandom random = new SplittableRandom(seed);
        findRows(random);
        findings.begin(Check.OUTPUTS_STABLE);
        for (int input : inputs) {
            List<Tally> tallies = compare(Check.JACOBIAN, input, random);
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

    private void findRows(SplittableRandom random) {
        rows = outputs.stream().map(k -> rows(k, random)).toList();
    }

    private Rows rows(int output, SplittableRandom random) {
        int size = base.get(output).values.length;
        List<Direction> directions = directions(size, random);
        List<List<double[]>> gradients = new ArrayList<>();
        for (Direction v : directions) {
            TreeMap<Integer, double[]> upstream = new TreeMap<>();
            upstream.put(output, v.toVector(size));
            gradients.add(findings.gradientsTwice(recording, upstream));
        }
        return new Rows(directions, gradients);
    }

    @Override
    List<Direction> rows(int compared) {
        return rows.get(compared).directions;
    }

    @Override
    List<double[]> analytical(int input, Direction u) {
        int place = subject.differentiated().indexOf(input);
        return rows.stream()
                .map(of -> of.gradients.stream().mapToDouble(dx -> u.dot(dx.get(place))).toArray())
                .toList();
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
    private GradCheckFailure alongDirections(int input, Tally tally) {
        String along = tally.along("random directions, v'Ju by");
        List<Integer> output = List.of(tally.output());
        Findings unreported = new Findings(subject, settings);
        JacobianCheck slow =
                new JacobianCheck(unreported, false, recording, List.of(input), output);
        if (slow.entries() > MAX_ENTRIES) {
            return tally.failureAlong(along + "; too large for slow mode");
        }
        SplittableRandom unused = new SplittableRandom(0);
        slow.findRows(unused);
        Tally exact = slow.compare(Check.JACOBIAN, input, unused).get(0);
        return exact.isWrong()
                ? exact.jacobianFailure(along + "; slow mode fails too: ")
                : tally.failureAlong(
                        along
                                + "; slow mode passes, so each element is within the tolerance, and"
                                + " their sum along u and v is not");
    }
}
