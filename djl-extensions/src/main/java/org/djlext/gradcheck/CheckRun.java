/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The checks, one after the other, until one fails that the others build on.
 *
 * <p>A {@link Subject} is a function with its inputs, and a {@link Recording} one call of it,
 * through which backward is run. {@link BackwardChecks} look at backward alone; {@link
 * JacobianCheck} holds it, or forward mode, against {@link Differences}. What is wrong goes to the
 * {@link Findings}, which become the report.
 */
final class CheckRun {

    private final Subject subject;
    private final GradCheckSettings settings;
    private final Findings findings;

    CheckRun(Subject subject, GradCheckSettings settings) {
        this.subject = subject;
        this.settings = settings;
        findings = new Findings(subject, settings);
    }

    GradCheckReport run() {
        if (areInputsSane()) {
            try {
                checkFunction();
            } catch (Findings.Stop e) {
                findings.fail(e);
            }
        }
        return findings.report();
    }

    /**
     * Checks second derivatives: the backward as a function of its own, at each seed's upstream.
     */
    GradCheckReport runGradient() {
        if (!areInputsSane()) {
            return findings.report();
        }
        GradCheckReport report;
        Iterator<Long> seeds = settings.seeds().iterator();
        do {
            try (NDManager manager = subject.newManager()) {
                Subject gradient = subject.gradient(seeds.next(), manager);
                report = new CheckRun(gradient, settings).run();
            } catch (Findings.Stop e) {
                findings.fail(e);
                report = findings.report();
            }
        } while (report.isPassed() && seeds.hasNext());
        return report;
    }

    private boolean areInputsSane() {
        findings.begin(Check.INPUTS);
        for (int i = 0; i < subject.inputs().size(); i++) {
            Subject.Input input = subject.inputs().get(i);
            DataType type = input.array().getDataType();
            boolean narrow = input.differentiated() && type != DataType.FLOAT64;
            if (!(input.array() instanceof PtNDArray)) {
                String engine = input.array().getManager().getEngine().getEngineName();
                fail(i, " must be an array of the PyTorch engine, but is one of " + engine);
            } else if (narrow && type != DataType.FLOAT32) {
                fail(i, " has type " + type + ", but central differences need float64");
            } else if (narrow && settings.type() == DataType.FLOAT32) {
                findings.warn(
                        input.label()
                                + " has type float32, whose differences are so rough that only"
                                + " gross mistakes show");
            } else if (narrow) {
                fail(
                        i,
                        " has type float32, but central differences need float64; convert it with"
                                + " toType(DataType.FLOAT64, false), or accept a rough check with"
                                + " optFloat32(true)");
            }
        }
        if (subject.differentiated().isEmpty()) {
            findings.fail(
                    Check.INPUTS,
                    -1,
                    "none of the inputs requires a gradient (there are "
                            + subject.inputs().size()
                            + "); call setRequiresGradient(true) on those to check");
        }
        return findings.areNone();
    }

    private void fail(int i, String what) {
        findings.fail(Check.INPUTS, i, subject.inputs().get(i).label() + what);
    }

    private void checkFunction() {
        for (Subject.Input input : subject.inputs()) {
            if (!input.differentiated()) {
                findings.leaveOut(input.label(), "it does not require a gradient");
            }
        }
        BackwardChecks.callElsewhere(findings);
        findings.begin(Check.FORWARD);
        try (Recording recording = new Recording(subject)) {
            checkForward(recording);
            BackwardChecks.run(findings, recording);
            JacobianCheck jacobian =
                    new JacobianCheck(findings, recording, comparedOutputs(recording));
            jacobian.run();
            if (settings.forwardAd()) {
                jacobian.runForwardMode();
            }
        }
    }

    /** Checks what can be said of a function without its backward. */
    private void checkForward(Recording recording) {
        List<Subject.Output> outputs = recording.outputs();
        if (outputs.stream().noneMatch(y -> Elements.areReal(y.type))) {
            throw new Findings.Stop(
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
     */
    private List<Integer> comparedOutputs(Recording recording) {
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
            } else if (none || subject.isGradient() || recording.isDifferentiable(k)) {
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
                    List<Long> index = Elements.index(e, outputs.get(k).shape);
                    findings.fail(
                            Check.OUTPUTS_FINITE,
                            -1,
                            "output " + k + " is " + values[e] + " at " + index);
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
            // A backward may compute in another order what it had saved, when it is recorded.
            Tolerance tolerance =
                    subject.isGradient()
                            ? settings.rounding(List.of(outputs.get(k).values))
                            : settings.same();
            if (again.size() != outputs.size() || !again.get(k).isSame(outputs.get(k), tolerance)) {
                findings.fail(
                        Check.FORWARD_REPEATABLE,
                        -1,
                        "a second call on the same inputs gives another output "
                                + k
                                + "; if it draws random numbers, seed them in each call");
                return;
            }
        }
    }
}
