/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Compares every entry of every Jacobian: a row by backward from each element of each output, a
 * column by central differences in each element of each input.
 */
final class SlowMode {

    /** So many doubles, half a gigabyte, are the most that the rows may take. */
    private static final long MOST_ENTRIES = 1L << 26;

    private final Subject subject;
    private final Settings settings;
    private final Recording recording;
    private final List<Subject.Output> base;
    private final int[] compared;
    private final List<Integer> inputs;
    private final int[] positions;

    /**
     * Creates it.
     *
     * @param subject the function
     * @param settings step and tolerance
     * @param recording a call of the function at its inputs
     * @param positions which of the differentiated inputs to compare
     * @param compared which outputs to compare
     */
    SlowMode(
            Subject subject,
            Settings settings,
            Recording recording,
            int[] positions,
            int[] compared) {
        this.subject = subject;
        this.positions = positions;
        this.settings = settings;
        this.recording = recording;
        this.compared = compared;
        base = recording.outputs();
        inputs = subject.differentiated();
    }

    /** How many entries there are to compare. */
    long entries() {
        long in = 0;
        for (int j : positions) {
            in += subject.inputs().get(inputs.get(j)).array().size();
        }
        long out = 0;
        for (int k : compared) {
            out += base.get(k).values().length;
        }
        return in * out;
    }

    boolean isFeasible() {
        return entries() <= MOST_ENTRIES;
    }

    void run(Findings findings) {
        if (!isFeasible()) {
            throw new IllegalArgumentException(
                    "slow mode compares every entry of the Jacobian, at most "
                            + MOST_ENTRIES
                            + ", but "
                            + subject.name()
                            + " has "
                            + entries()
                            + " here; use smaller inputs, a sum as output, or fast mode");
        }
        // rows.get(k)[e].get(j): d output k [e] / d input j
        List<List<List<double[]>>> rows = new ArrayList<>();
        for (int k : compared) {
            rows.add(rows(k, findings));
        }
        findings.begin(Check.OUTPUTS_STABLE);
        for (int j : positions) {
            compare(j, rows, findings);
        }
        findings.begin(Check.JACOBIAN);
    }

    private List<List<double[]>> rows(int k, Findings findings) {
        int size = base.get(k).values().length;
        List<List<double[]>> rows = new ArrayList<>(size);
        for (int e = 0; e < size; e++) {
            double[] oneHot = new double[size];
            oneHot[e] = 1;
            TreeMap<Integer, double[]> upstream = new TreeMap<>();
            upstream.put(k, oneHot);
            rows.add(Agreement.twice(subject, settings, recording, upstream, findings));
        }
        return rows;
    }

    private void compare(int j, List<List<List<double[]>>> rows, Findings findings) {
        CentralDifferences differences = new CentralDifferences(subject, base);
        int input = inputs.get(j);
        double[] values = subject.values(input);
        List<Tally> tallies = new ArrayList<>();
        for (int k = 0; k < compared.length; k++) {
            tallies.add(new Tally(settings.tolerance()));
        }
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            double above = settings.round(value + settings.eps());
            double below = settings.round(value - settings.eps());
            double[] plus = values.clone();
            double[] minus = values.clone();
            plus[i] = above;
            minus[i] = below;
            List<double[]> column = differences.between(input, plus, minus);
            for (int c = 0; c < compared.length; c++) {
                double[] change = column.get(compared[c]);
                for (int e = 0; e < change.length; e++) {
                    // The step that was taken, which rounding makes a little different.
                    double numerical = change[e] / (above - below);
                    tallies.get(c).add(i, e, rows.get(c).get(e).get(j)[i], numerical);
                }
            }
        }
        report(input, tallies, findings);
    }

    private void report(int input, List<Tally> tallies, Findings findings) {
        double largest = 0;
        for (int c = 0; c < compared.length; c++) {
            Tally tally = tallies.get(c);
            largest = Math.max(largest, tally.largest());
            if (tally.isWrong()) {
                int k = compared[c];
                findings.fail(tally.failure(subject, input, k, base.get(k).shape()));
            }
        }
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
}
