/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What can be said of a backward, for upstream gradients, without knowing the derivatives. */
final class BackwardChecks {

    /** The other calls are made at this multiple of the inputs, where functions stay defined. */
    private static final double ELSEWHERE = 0.99;

    /** All subsets of so many outputs are left out; of more, those of one and all but one. */
    private static final int MAX_ALL_SUBSETS = 5;

    /** What is compared with a first backward pass. */
    private static final List<Check> COMPARING =
            List.of(Check.LINEAR_UPSTREAM, Check.SINGLE_INPUTS, Check.LAYOUT, Check.LATER_CALLS);

    private static final String OF_VIEWS =
            "where inputs and upstream gradients have gaps between their elements in memory, as"
                    + " views have, ";

    private final Subject subject;
    private final GradCheckSettings settings;
    private final Findings findings;
    private final Recording recording;
    private final SortedMap<Integer, double[]> upstream;

    BackwardChecks(Findings findings, Recording recording, SortedMap<Integer, double[]> upstream) {
        this.findings = findings;
        subject = findings.subject();
        settings = findings.settings();
        this.recording = recording;
        this.upstream = upstream;
    }

    /**
     * Makes a first call at other values, so that what a function keeps from its first call and
     * uses in all others is wrong in the later ones.
     */
    static void callElsewhere(Findings findings) {
        try (Recording elsewhere = elsewhere(findings.subject())) {
            elsewhere.gradients(elsewhere.randomUpstream(findings.settings().seeds().get(0)));
        } catch (Findings.Stop e) {
            findings.leaveOut(
                    Check.LATER_CALLS,
                    ("a call at %s times the inputs failed, so that a value"
                                    + " kept from another call would not show: %s")
                            .formatted(ELSEWHERE, e.getMessage()));
        }
    }

    private static Recording elsewhere(Subject subject) {
        return new Recording(subject, x -> x.mul(ELSEWHERE));
    }

    /**
     * Makes the checks, with upstream gradients of each seed until one fails.
     *
     * @throws Findings.Stop if backward fails
     */
    static void run(Findings findings, Recording recording) {
        if (recording.randomUpstream(0).isEmpty()) {
            findings.warn(
                    "no output depends on an input that requires a gradient, as far as the engine"
                            + " knows; all derivatives must be zero");
            return;
        }
        for (long seed : findings.settings().seeds()) {
            if (findings.areNone()) {
                new BackwardChecks(findings, recording, recording.randomUpstream(seed)).run();
            }
        }
    }

    private void run() {
        findings.begin(Check.BACKWARD);
        List<double[]> gradients = recording.gradients(upstream);
        findings.begin(Check.GRADIENT_FORM);
        recording.checkUnmodified("backward", findings);
        findings.areFinite(gradients);
        List<double[]> first = findings.gradientsTwice(recording, upstream);
        checkZeroUpstream();
        checkUndefinedUpstream();
        if (findings.hasFailed(Check.FORWARD_REPEATABLE)
                || findings.hasFailed(Check.BACKWARD_REPEATABLE)) {
            for (Check check : COMPARING) {
                findings.leaveOut(check, "no two passes give the same");
            }
            return;
        }
        checkLinear(first);
        checkSingleInputs(first);
        checkLayout(first);
        checkLaterCalls(first);
    }

    private void checkZeroUpstream() {
        List<double[]> got = recording.gradients(withZeros(upstream.keySet()));
        findings.agree(
                Check.ZERO_UPSTREAM,
                got.stream().map(dx -> new double[dx.length]).toList(),
                got,
                new Tolerance(0, 0),
                "the gradient is not zero where the upstream gradient is; multiply by it");
    }

    private SortedMap<Integer, double[]> withZeros(Set<Integer> where) {
        SortedMap<Integer, double[]> zeros = new TreeMap<>(upstream);
        where.forEach(k -> zeros.computeIfPresent(k, (key, dy) -> new double[dy.length]));
        return zeros;
    }

    /** Takes the upstream gradient apart, and one part of it -3 times. */
    private void checkLinear(List<double[]> whole) {
        List<double[]> odd = recording.gradients(everySecond(1, 1));
        List<double[]> must = new ArrayList<>();
        for (int j = 0; j < odd.size(); j++) {
            double[] even = whole.get(j).clone();
            for (int e = 0; e < even.length; e++) {
                even[e] = -3 * (even[e] - odd.get(j)[e]);
            }
            must.add(even);
        }
        findings.agree(
                Check.LINEAR_UPSTREAM,
                must,
                recording.gradients(everySecond(0, -3)),
                settings.rounding(whole),
                "the gradient is not linear in the upstream gradient: that of -3 times every second"
                        + " element is not -3 times their part; use the upstream gradient as a"
                        + " factor, once");
    }

    /** Returns every second element times a factor, and zeros for the others. */
    private SortedMap<Integer, double[]> everySecond(int from, double factor) {
        SortedMap<Integer, double[]> parts = new TreeMap<>(upstream);
        parts.replaceAll(
                (k, dy) -> {
                    double[] part = new double[dy.length];
                    for (int e = from; e < dy.length; e += 2) {
                        part[e] = factor * dy[e];
                    }
                    return part;
                });
        return parts;
    }

    /** Leaves out the upstream gradients of some outputs. */
    private void checkUndefinedUpstream() {
        if (!settings.undefinedUpstream()) {
            findings.leaveOut(Check.UNDEFINED_UPSTREAM, "optUndefinedUpstream is false");
            return;
        }
        if (upstream.size() < 2) {
            findings.leaveOut(
                    Check.UNDEFINED_UPSTREAM,
                    "there is one output, without whose gradient backward is not run");
            return;
        }
        for (Set<Integer> missing : subsets(List.copyOf(upstream.keySet()))) {
            SortedMap<Integer, double[]> undefined = new TreeMap<>(upstream);
            undefined.keySet().removeAll(missing);
            List<double[]> must = recording.gradients(withZeros(missing));
            findings.begin(Check.UNDEFINED_UPSTREAM);
            List<double[]> got;
            try {
                got = recording.gradients(undefined);
            } catch (Findings.Stop e) {
                throw new Findings.Stop(
                        Check.UNDEFINED_UPSTREAM,
                        -1,
                        "without an upstream gradient of %s, %s"
                                .formatted(names(missing), e.getMessage()));
            }
            findings.agree(
                    Check.UNDEFINED_UPSTREAM,
                    must,
                    got,
                    settings.rounding(must),
                    "without an upstream gradient of "
                            + names(missing)
                            + " the gradient is another one than with zeros");
            if (findings.hasFailed(Check.UNDEFINED_UPSTREAM)) {
                return;
            }
        }
    }

    private static String names(Set<Integer> outputs) {
        return (outputs.size() == 1 ? "output " : "outputs ")
                + outputs.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** Which outputs to leave out together: not none, and not all. */
    private List<Set<Integer>> subsets(List<Integer> outputs) {
        int count = outputs.size();
        if (count <= MAX_ALL_SUBSETS) {
            return IntStream.range(1, (1 << count) - 1)
                    .mapToObj(bits -> subset(outputs, i -> (bits >> i & 1) == 1))
                    .toList();
        }
        findings.leaveOut(
                "undefined upstream of some of " + count + " outputs",
                "only one, and all but one, were left out");
        List<Set<Integer>> subsets = new ArrayList<>();
        for (int one = 0; one < count; one++) {
            int k = one;
            subsets.add(subset(outputs, i -> i == k));
            subsets.add(subset(outputs, i -> i != k));
        }
        return subsets;
    }

    private static Set<Integer> subset(List<Integer> outputs, IntPredicate isIn) {
        return IntStream.range(0, outputs.size())
                .filter(isIn)
                .mapToObj(outputs::get)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private void checkSingleInputs(List<double[]> must) {
        findings.begin(Check.SINGLE_INPUTS);
        List<Integer> inputs = subject.differentiated();
        for (int j = 0; j < inputs.size() && inputs.size() > 1; j++) {
            int input = inputs.get(j);
            try (Recording single = new Recording(subject.by(input))) {
                findings.compare(
                        Check.SINGLE_INPUTS,
                        input,
                        must.get(j),
                        single.gradients(upstream).get(0),
                        settings.rounding(must),
                        "the gradient is another one where no other input requires one");
            } catch (Findings.Stop e) {
                findings.fail(
                        Check.SINGLE_INPUTS,
                        input,
                        "where only %s requires a gradient, %s"
                                .formatted(subject.inputs().get(input).label(), e.getMessage()));
            }
        }
    }

    private void checkLayout(List<double[]> must) {
        try (Recording views = new Recording(subject, Elements::withGaps)) {
            List<Subject.Output> outputs = views.outputs();
            for (int k = 0; k < outputs.size(); k++) {
                Subject.Output y = recording.outputs().get(k);
                Tolerance tolerance = settings.rounding(List.of(y.values));
                if (!outputs.get(k).isSame(y, tolerance)) {
                    findings.fail(Check.LAYOUT, -1, OF_VIEWS + "output " + k + " is another one");
                }
            }
            findings.agree(
                    Check.LAYOUT,
                    must,
                    views.gradients(upstream),
                    settings.rounding(must),
                    OF_VIEWS + "the gradient is another one");
        } catch (Findings.Stop e) {
            findings.fail(Check.LAYOUT, e.input, OF_VIEWS + e.getMessage());
        }
    }

    private void checkLaterCalls(List<double[]> must) {
        try (Recording later = elsewhere(subject)) {
            findings.agree(
                    Check.LATER_CALLS,
                    must,
                    recording.gradients(upstream),
                    settings.same(),
                    "the gradient is another one after a later call of the function, which must not"
                            + " change what an earlier call has saved");
        } catch (Findings.Stop e) {
            // The first call elsewhere has said it.
            return;
        }
    }
}
