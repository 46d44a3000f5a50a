/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.List;

/** The checks, one after the other, until one fails that the others build on. */
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
            } catch (CheckException e) {
                fail(e);
            }
        }
        return findings.report();
    }

    void fail(CheckException e) {
        findings.fail(e.toFailure(subject));
    }

    GradCheckReport report() {
        return findings.report();
    }

    boolean areInputsSane() {
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
                    GradCheckFailure.of(
                            Check.INPUTS,
                            "none of the inputs requires a gradient (there are "
                                    + subject.inputs().size()
                                    + "); call setRequiresGradient(true) on those to check"));
        }
        return findings.areNone();
    }

    private void fail(int i, String what) {
        String label = subject.inputs().get(i).label();
        findings.fail(GradCheckFailure.of(Check.INPUTS, i, label, label + what));
    }

    private void checkFunction() {
        for (Subject.Input input : subject.inputs()) {
            if (!input.differentiated()) {
                findings.leaveOut(input.label(), "it does not require a gradient");
            }
        }
        BackwardChecks backward = new BackwardChecks(subject, settings, findings);
        backward.callElsewhere();
        findings.begin(Check.FORWARD);
        try (Recording recording = new Recording(subject, 1)) {
            ForwardChecks forward = new ForwardChecks(subject, settings, findings);
            forward.run(recording);
            backward.run(recording);
            List<Integer> outputs = forward.comparedOutputs(recording);
            compareJacobians(recording, outputs);
            if (settings.forwardAd() && findings.areNone()) {
                checkForwardMode(recording, outputs);
            }
        }
    }

    private void checkForwardMode(Recording recording, List<Integer> outputs) {
        ForwardModeCheck forwardMode =
                new ForwardModeCheck(subject, settings, recording.outputs(), outputs);
        for (long seed : settings.fast() ? settings.seeds() : List.of(0L)) {
            if (findings.areNone()) {
                forwardMode.run(findings, seed);
            }
        }
    }

    private void compareJacobians(Recording recording, List<Integer> outputs) {
        JacobianCheck jacobian =
                new JacobianCheck(
                        subject,
                        settings,
                        settings.fast(),
                        recording,
                        subject.differentiated(),
                        outputs);
        if (jacobian.entries() == 0) {
            findings.leaveOut(
                    Check.JACOBIAN,
                    "the inputs that require a gradient or the outputs have no elements");
            return;
        }
        if (settings.fast()) {
            findings.leaveOut(
                    "single entries of the Jacobian",
                    "fast mode compares their sum along random directions");
        }
        for (long seed : settings.fast() ? settings.seeds() : List.of(0L)) {
            if (!findings.hasFailed(Check.JACOBIAN)) {
                jacobian.run(findings, seed);
            }
        }
    }
}
