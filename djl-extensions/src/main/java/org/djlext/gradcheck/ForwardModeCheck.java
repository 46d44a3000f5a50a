/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.djlext.autograd.Functional;
import org.djlext.torch.ForwardLevel;

/**
 * Compares the derivatives of the outputs in a direction u of an input, Ju: one pass of forward
 * mode against a central difference. In slow mode u is each element of the input in turn, in fast
 * mode one random direction.
 */
final class ForwardModeCheck {

    private final Subject subject;
    private final GradCheckSettings settings;
    private final List<Subject.Output> base;
    private final List<Integer> outputs;
    private boolean inForwardMode;

    ForwardModeCheck(
            Subject subject,
            GradCheckSettings settings,
            List<Subject.Output> base,
            List<Integer> outputs) {
        this.subject = subject;
        this.settings = settings;
        this.base = base;
        this.outputs = outputs;
    }

    /**
     * Compares.
     *
     * @param findings takes the failures
     * @param seed the seed of random directions
     * @throws CheckException if something in the function has no forward rule
     */
    void run(Findings findings, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        CentralDifferences differences = new CentralDifferences(subject, base);
        for (int input : subject.differentiated()) {
            compare(input, random, differences, findings);
        }
    }

    private void compare(
            int input, SplittableRandom random, CentralDifferences differences, Findings findings) {
        findings.begin(Check.FORWARD_MODE);
        double[] values = subject.values(input);
        List<Tally> tallies = new ArrayList<>();
        outputs.forEach(k -> tallies.add(new Tally(settings.tolerance())));
        for (int i = 0; i < (settings.fast() ? 1 : values.length); i++) {
            Direction u =
                    settings.fast() ? Direction.random(values.length, random) : Direction.of(i);
            double[] above = u.step(values, settings.eps(), settings);
            double[] below = u.step(values, -settings.eps(), settings);
            double width = u.dot(above) - u.dot(below);
            List<double[]> change = differences.between(input, above, below);
            List<double[]> product = jvp(input, u.taken(below, above).toVector(values.length));
            for (int c = 0; c < outputs.size(); c++) {
                double[] derivative = product.get(outputs.get(c));
                for (int e = 0; e < derivative.length; e++) {
                    double numerical = change.get(outputs.get(c))[e] / width;
                    tallies.get(c).add(i, e, derivative[e], numerical);
                }
            }
        }
        for (int c = 0; c < outputs.size(); c++) {
            if (tallies.get(c).isWrong()) {
                findings.fail(failure(input, outputs.get(c), tallies.get(c)));
            }
        }
    }

    private GradCheckFailure failure(int input, int output, Tally tally) {
        String label = subject.inputs().get(input).label();
        String along =
                label
                        + ": along a random direction, Ju of output "
                        + output
                        + " is "
                        + tally.worst();
        GradCheckFailure found =
                settings.fast()
                        ? tally.failure(subject, input, output, along)
                        : tally.failure(subject, input, output, base.get(output).shape());
        return found.of(Check.FORWARD_MODE);
    }

    /** The derivative of each output in a direction of an input. */
    private List<double[]> jvp(int input, double[] direction) {
        try (NDManager manager = subject.newManager()) {
            NDList arguments = subject.copies(manager);
            NDArray x = arguments.get(input);
            Function<NDList, NDList> ofOne =
                    in -> {
                        inForwardMode = ForwardLevel.isOn();
                        NDList all = new NDList(arguments);
                        all.set(input, in.get(0));
                        return subject.function().apply(all);
                    };
            NDList v = new NDList(Elements.toArray(manager, direction, x));
            NDList product;
            try {
                product = Functional.jvp(ofOne, new NDList(x), v).product();
            } catch (RuntimeException e) {
                throw new CheckException(
                        Check.FORWARD_MODE, input, subject.name() + " in forward mode threw " + e);
            }
            if (!inForwardMode) { // another way was taken, which calls the function once more
                throw new CheckException(
                        Check.FORWARD_MODE,
                        -1,
                        subject.name()
                                + " has no forward mode: it, or a function in it, has no jvp;"
                                + " override AutogradFunction.jvp, or leave out optForwardAd");
            }
            return product.stream().map(Elements::of).toList();
        }
    }
}
