/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.IntPredicate;

/** Gathers what a run of checks finds, and what it leaves out. */
final class Findings {

    private final Subject subject;
    private final GradCheckSettings settings;
    private final Set<Check> made = EnumSet.noneOf(Check.class);
    private final List<GradCheckReport.Failure> failures = new ArrayList<>();
    private final Set<String> warnings = new LinkedHashSet<>();
    private final Set<GradCheckReport.NotChecked> notChecked = new LinkedHashSet<>();

    /** A check failed in the middle of the others, and what it was about cannot be compared. */
    static final class Stop extends RuntimeException {

        private static final long serialVersionUID = 1;

        final Check check;
        final int input;

        /** Says what is wrong with an input by its index, or with none for -1. */
        Stop(Check check, int input, String message) {
            super(message);
            this.check = check;
            this.input = input;
        }
    }

    Findings(Subject subject, GradCheckSettings settings) {
        this.subject = subject;
        this.settings = settings;
    }

    /** The function under check. */
    Subject subject() {
        return subject;
    }

    GradCheckSettings settings() {
        return settings;
    }

    /** Notes that a check is made. Unless it fails, it has passed. */
    void begin(Check check) {
        made.add(check);
    }

    void fail(Stop e) {
        fail(e.check, e.input, String.valueOf(e.getMessage()));
    }

    /** Notes what is wrong with an input by its index, or with none for -1. */
    void fail(Check check, int input, String message) {
        String label = input < 0 ? "" : subject.inputs().get(input).label();
        fail(GradCheckReport.Failure.of(check, input, label, message));
    }

    void fail(GradCheckReport.Failure failure) {
        made.add(failure.check());
        failures.add(failure);
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    void leaveOut(Object what, String why) {
        notChecked.add(new GradCheckReport.NotChecked(what.toString(), why));
    }

    /** Reports each input whose two gradients differ. */
    void agree(
            Check check,
            List<double[]> must,
            List<double[]> got,
            Tolerance tolerance,
            String what) {
        begin(check);
        for (int j = 0; j < must.size(); j++) {
            int input = subject.differentiated().get(j);
            compare(check, input, must.get(j), got.get(j), tolerance, what);
        }
    }

    /** Reports an input if two arrays of its form differ. */
    void compare(
            Check check, int input, double[] must, double[] got, Tolerance tolerance, String what) {
        // NaN twice is the same here; it is another check's to find.
        IntPredicate wrong =
                i -> Double.compare(got[i], must[i]) != 0 && !tolerance.accepts(got[i], must[i]);
        reportWhere(check, input, must, got, wrong, what);
    }

    /** Reports each input whose gradient is not finite. */
    void areFinite(List<double[]> gradients) {
        begin(Check.GRADIENTS_FINITE);
        for (int j = 0; j < gradients.size(); j++) {
            double[] got = gradients.get(j);
            double[] unknown = new double[got.length];
            Arrays.fill(unknown, Double.NaN);
            int input = subject.differentiated().get(j);
            reportWhere(
                    Check.GRADIENTS_FINITE,
                    input,
                    unknown,
                    got,
                    i -> !Double.isFinite(got[i]),
                    "the gradient is not finite");
        }
    }

    private void reportWhere(
            Check check, int input, double[] must, double[] got, IntPredicate wrong, String what) {
        Tally tally = new Tally(check, subject, input);
        for (int i = 0; i < got.length; i++) {
            if (wrong.test(i)) {
                tally.addWrong(i, 0, got[i], must[i], 0);
            }
        }
        if (tally.isWrong()) {
            fail(tally.failure(what));
        }
    }

    /**
     * Runs backward twice, because it has to give the same both times, until it once did not.
     * Returns the gradients of the first run.
     */
    List<double[]> gradientsTwice(Recording recording, SortedMap<Integer, double[]> upstream) {
        List<double[]> first = recording.gradients(upstream);
        if (!hasFailed(Check.BACKWARD_REPEATABLE)) {
            agree(
                    Check.BACKWARD_REPEATABLE,
                    first,
                    recording.gradients(upstream),
                    settings.same(),
                    "a second backward through the same graph gives another gradient");
        }
        return first;
    }

    boolean hasFailed(Check check) {
        return failures.stream().anyMatch(f -> f.check() == check);
    }

    boolean areNone() {
        return failures.isEmpty();
    }

    List<GradCheckReport.Failure> failures() {
        return List.copyOf(failures);
    }

    /** The report, in which no check is missing: each has passed, has failed, or was left out. */
    GradCheckReport report() {
        for (Check check : Check.values()) {
            boolean said = notChecked.stream().anyMatch(n -> n.what().equals(check.toString()));
            boolean asked = check != Check.FORWARD_MODE || settings.forwardAd();
            if (asked && !made.contains(check) && !said) {
                leaveOut(
                        check,
                        failures.isEmpty()
                                ? "there is nothing to check"
                                : failures.get(failures.size() - 1).check() + " failed first");
            }
        }
        List<Check> passed = made.stream().filter(check -> !hasFailed(check)).toList();
        return new GradCheckReport(
                subject.name(),
                settings,
                passed,
                failures(),
                List.copyOf(warnings),
                List.copyOf(notChecked));
    }
}
