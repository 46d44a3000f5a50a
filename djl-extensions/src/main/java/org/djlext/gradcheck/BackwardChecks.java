/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** What can be said of a backward without knowing the derivatives. */
final class BackwardChecks {

    /** The other calls are made at this multiple of the inputs, where functions stay defined. */
    private static final double ELSEWHERE = 0.99;

    private final Subject subject;
    private final Settings settings;
    private final Findings findings;

    BackwardChecks(Subject subject, Settings settings, Findings findings) {
        this.subject = subject;
        this.settings = settings;
        this.findings = findings;
    }

    /**
     * Makes a first call at other values, so that what a function keeps from its first call and
     * uses in all others is wrong in the later ones.
     *
     * @return empty, or a warning that the function failed there
     */
    Optional<String> callElsewhere() {
        try (Recording elsewhere = new Recording(subject, ELSEWHERE)) {
            elsewhere.gradients(upstream(elsewhere));
            return Optional.empty();
        } catch (CheckException e) {
            return Optional.of(
                    "a call at "
                            + ELSEWHERE
                            + " times the inputs failed, so that a value kept from an earlier call"
                            + " would not show: "
                            + e.getMessage());
        }
    }

    /**
     * Makes the checks.
     *
     * @param recording a call of the function
     * @throws CheckException if backward fails
     */
    void run(Recording recording) {
        SortedMap<Integer, double[]> upstream = upstream(recording);
        if (upstream.isEmpty()) {
            findings.warn(
                    "no output depends on an input that requires a gradient, as far as the engine"
                            + " knows; all derivatives must be zero");
            return;
        }
        findings.begin(Check.BACKWARD);
        List<double[]> gradients = recording.gradients(upstream);
        findings.begin(Check.GRADIENT_FORM);
        recording.checkUnmodified("backward", findings);
        checkFinite(gradients);
        List<double[]> first = Agreement.twice(subject, settings, recording, upstream, findings);
        checkZeroUpstream(recording, upstream);
        checkUndefinedUpstream(recording, upstream);
        if (!findings.hasFailed(Check.BACKWARD_REPEATABLE)) {
            checkLinear(recording, upstream, first);
            checkLaterCalls(recording, upstream, first);
        }
    }

    /** Random upstream gradients for all outputs that have one. */
    private SortedMap<Integer, double[]> upstream(Recording recording) {
        Random random = new Random(settings.seed());
        SortedMap<Integer, double[]> upstream = new TreeMap<>();
        List<Subject.Output> outputs = recording.outputs();
        for (int k = 0; k < outputs.size(); k++) {
            if (recording.isDifferentiable(k)) {
                int size = outputs.get(k).values().length;
                upstream.put(k, random.doubles(size, -1, 1).toArray());
            }
        }
        return upstream;
    }

    private void checkFinite(List<double[]> gradients) {
        findings.begin(Check.GRADIENTS_FINITE);
        for (int j = 0; j < gradients.size(); j++) {
            double[] gradient = gradients.get(j);
            int first = -1;
            int count = 0;
            for (int i = gradient.length - 1; i >= 0; i--) {
                if (!Double.isFinite(gradient[i])) {
                    first = i;
                    count++;
                }
            }
            if (count > 0) {
                findings.fail(
                        GradCheckFailure.at(
                                Check.GRADIENTS_FINITE,
                                subject,
                                subject.differentiated().get(j),
                                first,
                                gradient[first],
                                Double.NaN,
                                count,
                                "the gradient is not finite"));
            }
        }
    }

    private void checkZeroUpstream(Recording recording, SortedMap<Integer, double[]> upstream) {
        SortedMap<Integer, double[]> zeros = new TreeMap<>(upstream);
        zeros.replaceAll((k, dy) -> new double[dy.length]);
        List<double[]> got = recording.gradients(zeros);
        List<double[]> must = got.stream().map(dx -> new double[dx.length]).toList();
        Tolerance none = new Tolerance(0, 0);
        Agreement.check(subject, must, got, none, Check.ZERO_UPSTREAM, findings);
    }

    private void checkLinear(
            Recording recording, SortedMap<Integer, double[]> upstream, List<double[]> gradients) {
        SortedMap<Integer, double[]> multiple = new TreeMap<>(upstream);
        multiple.replaceAll((k, dy) -> times(-3, dy));
        List<double[]> got = recording.gradients(multiple);
        List<double[]> must = gradients.stream().map(dx -> times(-3, dx)).toList();
        Agreement.check(subject, must, got, rounding(), Check.LINEAR_UPSTREAM, findings);
    }

    private static double[] times(double factor, double[] values) {
        return Arrays.stream(values).map(value -> factor * value).toArray();
    }

    /** For products and sums in another order. */
    private Tolerance rounding() {
        double nondet = settings.nondetTol();
        return settings.type() == DataType.FLOAT32
                ? new Tolerance(1e-3, 1e-5 + 3 * nondet)
                : new Tolerance(1e-6, 1e-9 + 3 * nondet);
    }

    /** Leaves out each of several upstream gradients in turn. */
    private void checkUndefinedUpstream(
            Recording recording, SortedMap<Integer, double[]> upstream) {
        if (upstream.size() < 2) {
            return;
        }
        for (int k : upstream.keySet()) {
            SortedMap<Integer, double[]> zero = new TreeMap<>(upstream);
            zero.computeIfPresent(k, (key, dy) -> new double[dy.length]);
            SortedMap<Integer, double[]> undefined = new TreeMap<>(upstream);
            undefined.remove(k);
            List<double[]> must = recording.gradients(zero);
            findings.begin(Check.UNDEFINED_UPSTREAM);
            List<double[]> got;
            try {
                got = recording.gradients(undefined);
            } catch (CheckException e) {
                throw new CheckException(
                        Check.UNDEFINED_UPSTREAM,
                        -1,
                        "without an upstream gradient for output " + k + ", " + e.getMessage());
            }
            Agreement.check(subject, must, got, rounding(), Check.UNDEFINED_UPSTREAM, findings);
        }
    }

    private void checkLaterCalls(
            Recording recording, SortedMap<Integer, double[]> upstream, List<double[]> must) {
        try (Recording later = new Recording(subject, ELSEWHERE)) {
            Tolerance tolerance = new Tolerance(0, settings.nondetTol());
            List<double[]> got = recording.gradients(upstream);
            Agreement.check(subject, must, got, tolerance, Check.LATER_CALLS, findings);
        } catch (CheckException e) {
            // The warning of the first call elsewhere has said it.
            return;
        }
    }
}
