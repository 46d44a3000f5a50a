/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * Compares one number for each pair of an input and an output, v'Ju, at a cost that does not grow
 * with their sizes: v'J is one backward pass, and Ju one central difference.
 *
 * <p>u and v are random directions of length 1 with no negative element, so that errors of many
 * elements add up instead of cancelling out. An error of a single element among N is smaller by the
 * factor sqrt(N) in each of them, and may pass.
 */
final class FastMode {

    private final Subject subject;
    private final Settings settings;
    private final Recording recording;
    private final List<Subject.Output> base;
    private final int[] compared;
    private final Random random;

    FastMode(Subject subject, Settings settings, Recording recording, int[] compared) {
        this.subject = subject;
        this.settings = settings;
        this.recording = recording;
        this.compared = compared;
        base = recording.outputs();
        random = new Random(settings.seed());
    }

    void run(Findings findings) {
        List<double[]> v = new ArrayList<>();
        List<List<double[]>> vJ = new ArrayList<>();
        for (int k : compared) {
            double[] direction = direction(base.get(k).values().length);
            v.add(direction);
            vJ.add(backward(k, direction, findings));
        }
        findings.begin(Check.OUTPUTS_STABLE);
        CentralDifferences differences = new CentralDifferences(subject, base);
        for (int j = 0; j < subject.differentiated().size(); j++) {
            int input = subject.differentiated().get(j);
            double[] values = subject.values(input);
            double[] u = direction(values.length);
            double[] above = values.clone();
            double[] below = values.clone();
            for (int i = 0; i < u.length; i++) {
                above[i] = settings.round(values[i] + settings.eps() * u[i]);
                below[i] = settings.round(values[i] - settings.eps() * u[i]);
                // The direction that was taken, which rounding makes a little different.
                u[i] = (above[i] - below[i]) / (2 * settings.eps());
            }
            List<double[]> change = differences.between(input, above, below);
            for (int c = 0; c < compared.length; c++) {
                double numerical = dot(v.get(c), change.get(compared[c])) / (2 * settings.eps());
                double analytical = dot(vJ.get(c).get(j), u);
                if (!settings.tolerance().accepts(analytical, numerical)) {
                    findings.fail(failure(j, compared[c], analytical, numerical));
                }
            }
        }
        findings.begin(Check.JACOBIAN);
    }

    private List<double[]> backward(int k, double[] v, Findings findings) {
        TreeMap<Integer, double[]> upstream = new TreeMap<>();
        upstream.put(k, v);
        return Agreement.twice(subject, settings, recording, upstream, findings);
    }

    /** The failure, with what slow mode has to say about the same input and output. */
    private GradCheckFailure failure(int j, int k, double analytical, double numerical) {
        int input = subject.differentiated().get(j);
        String label = subject.inputs().get(input).label();
        double allowed =
                settings.tolerance().atol() + settings.tolerance().rtol() * Math.abs(numerical);
        String message =
                label
                        + ": along random directions, v'Ju by output "
                        + k
                        + " is "
                        + analytical
                        + " analytically and "
                        + numerical
                        + " numerically, allowed difference "
                        + Tally.shorter(allowed);
        SlowMode slow = new SlowMode(subject, settings, recording, new int[] {j}, new int[] {k});
        if (!slow.isFeasible()) {
            return failure(input, k, analytical, numerical, message + "; too large for slow mode");
        }
        Findings slowly = new Findings();
        slow.run(slowly);
        for (GradCheckFailure found : slowly.failures()) {
            if (found.check() == Check.JACOBIAN) {
                return new GradCheckFailure(
                        Check.JACOBIAN,
                        input,
                        label,
                        k,
                        found.index(),
                        found.outputIndex(),
                        found.analytical(),
                        found.numerical(),
                        found.wrong(),
                        found.total(),
                        message + "; slow mode fails too: " + found.message());
            }
        }
        String passes =
                "; slow mode passes, so each element is within the tolerance, and their sum along"
                        + " u and v is not";
        return failure(input, k, analytical, numerical, message + passes);
    }

    private GradCheckFailure failure(
            int input, int k, double analytical, double numerical, String message) {
        Subject.Input x = subject.inputs().get(input);
        return new GradCheckFailure(
                Check.JACOBIAN,
                input,
                x.label(),
                k,
                List.of(),
                List.of(),
                analytical,
                numerical,
                0,
                x.array().size(),
                message);
    }

    private double[] direction(int size) {
        double[] direction = new double[size];
        double squares = 0;
        for (int i = 0; i < size; i++) {
            direction[i] = random.nextDouble();
            squares += direction[i] * direction[i];
        }
        for (int i = 0; i < size; i++) {
            direction[i] /= Math.sqrt(squares);
        }
        return direction;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
