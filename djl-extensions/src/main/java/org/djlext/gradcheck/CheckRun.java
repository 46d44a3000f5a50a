/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.Arrays;
import java.util.Optional;

/** The checks, one after the other, until one fails that the others build on. */
final class CheckRun {

    private final Subject subject;
    private final Settings settings;
    private final Findings findings = new Findings();

    CheckRun(Subject subject, Settings settings) {
        this.subject = subject;
        this.settings = settings;
    }

    GradCheckReport run() {
        if (areInputsSane()) {
            try {
                checkFunction();
            } catch (CheckException e) {
                fail(e);
            }
        }
        return report();
    }

    void fail(CheckException e) {
        findings.fail(e.toFailure(subject));
    }

    GradCheckReport report() {
        return new GradCheckReport(
                subject.name(),
                settings.fast(),
                settings.type(),
                settings.eps(),
                settings.tolerance(),
                settings.nondetTol(),
                settings.seed(),
                findings.passed(),
                findings.failures(),
                findings.warnings());
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
                                + " has type float32, whose differences are so rough that only gross"
                                + " mistakes show");
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
        return findings.failures().isEmpty();
    }

    private void fail(int i, String what) {
        String label = subject.inputs().get(i).label();
        findings.fail(GradCheckFailure.of(Check.INPUTS, i, label, label + what));
    }

    private void checkFunction() {
        BackwardChecks backward = new BackwardChecks(subject, settings, findings);
        Optional<String> warning = backward.callElsewhere();
        findings.begin(Check.FORWARD);
        try (Recording recording = new Recording(subject, 1)) {
            ForwardChecks forward = new ForwardChecks(subject, settings, findings);
            forward.run(recording);
            backward.run(recording);
            // A function that fails here too has said so.
            warning.ifPresent(findings::warn);
            int[] compared = forward.comparedOutputs(recording);
            int[] all = new int[subject.differentiated().size()];
            Arrays.setAll(all, j -> j);
            SlowMode slow = new SlowMode(subject, settings, recording, all, compared);
            if (slow.entries() == 0) {
                findings.warn(
                        "there is no derivative to compare, because the inputs that require a"
                                + " gradient or the outputs are empty");
            } else if (settings.fast()) {
                new FastMode(subject, settings, recording, compared).run(findings);
            } else {
                slow.run(findings);
            }
        }
    }
}
