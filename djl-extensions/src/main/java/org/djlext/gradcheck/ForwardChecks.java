/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What can be said of a function without its backward. */
final class ForwardChecks {

    private final Subject subject;
    private final GradCheckSettings settings;
    private final Findings findings;

    ForwardChecks(Subject subject, GradCheckSettings settings, Findings findings) {
        this.subject = subject;
        this.settings = settings;
        this.findings = findings;
    }

    /**
     * Makes the checks.
     *
     * @param recording a call of the function, before any backward
     * @throws CheckException if there is nothing to differentiate
     */
    void run(Recording recording) {
        List<Subject.Output> outputs = recording.outputs();
        if (outputs.stream().noneMatch(y -> Elements.areReal(y.type))) {
            throw new CheckException(
                    Check.FORWARD,
                    -1,
                    subject.name() + " returned no output of real floating type to differentiate");
        }
        recording.checkUnmodified("forward", findings);
        checkFinite(outputs);
        checkRepeatable(outputs);
    }

    /**
     * Returns which outputs to differentiate: those that gradients flow from. Where they flow from
     * none, the derivatives must be zero, and all outputs of floating type are compared with that.
     *
     * @param recording a call of the function
     * @return the indices of the outputs
     */
    List<Integer> comparedOutputs(Recording recording) {
        List<Integer> compared = new ArrayList<>();
        List<Subject.Output> outputs = recording.outputs();
        List<Integer> all = IntStream.range(0, outputs.size()).boxed().toList();
        boolean none = all.stream().noneMatch(recording::isDifferentiable);
        for (int k : all) {
            DataType type = outputs.get(k).type;
            if (!Elements.areReal(type)) {
                findings.leaveOut(
                        "output " + k,
                        "it has type " + type + ", and only real numbers are compared");
            } else if (none || subject.everyOutput() || recording.isDifferentiable(k)) {
                compared.add(k);
            } else {
                findings.leaveOut("output " + k, "no gradient flows from it to an input");
            }
        }
        return compared;
    }

    private void checkFinite(List<Subject.Output> outputs) {
        findings.begin(Check.OUTPUTS_FINITE);
        for (int k = 0; k < outputs.size(); k++) {
            boolean real = Elements.areReal(outputs.get(k).type);
            double[] values = real ? outputs.get(k).values : new double[0];
            for (int e = 0; e < values.length; e++) {
                if (!Double.isFinite(values[e])) {
                    findings.fail(
                            GradCheckFailure.of(
                                    Check.OUTPUTS_FINITE,
                                    "output "
                                            + k
                                            + " is "
                                            + values[e]
                                            + " at "
                                            + Elements.index(e, outputs.get(k).shape)));
                    break;
                }
            }
        }
    }

    /** Calls the function again, unrecorded. */
    private void checkRepeatable(List<Subject.Output> outputs) {
        findings.begin(Check.FORWARD_REPEATABLE);
        int first = subject.differentiated().get(0);
        List<Subject.Output> again = subject.evaluate(first, subject.values(first));
        for (int k = 0; k < outputs.size(); k++) {
            if (again.size() != outputs.size() || !isSame(again.get(k), outputs.get(k))) {
                findings.fail(
                        GradCheckFailure.of(
                                Check.FORWARD_REPEATABLE,
                                "a second call on the same inputs gives another output "
                                        + k
                                        + "; if it draws random numbers, seed them in each call"));
                return;
            }
        }
    }

    private boolean isSame(Subject.Output a, Subject.Output b) {
        if (!a.hasFormOf(b)) {
            return false;
        }
        Tolerance tolerance = settings.same();
        return IntStream.range(0, a.values.length)
                .allMatch(
                        e ->
                                Double.compare(a.values[e], b.values[e]) == 0
                                        || tolerance.accepts(a.values[e], b.values[e]));
    }
}
