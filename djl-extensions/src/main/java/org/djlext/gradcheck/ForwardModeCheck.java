/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.djlext.autograd.Functional;
import org.djlext.internal.ForwardLevel;

/** Compares each output's derivative along a direction of an input, Ju, by one forward pass. */
final class ForwardModeCheck extends DerivativeCheck {

    private boolean inForwardMode;

    ForwardModeCheck(Findings findings, List<Subject.Output> base, List<Integer> outputs) {
        super(findings, findings.settings().fast(), base, outputs);
    }

    /**
     * Compares, along random directions of a seed.
     *
     * @throws CheckException if something in the function has no forward rule
     */
    void run(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int input : subject.differentiated()) {
            findings.begin(Check.FORWARD_MODE);
            for (Tally tally : compare(Check.FORWARD_MODE, input, random)) {
                if (tally.isWrong()) {
                    findings.fail(
                            fast
                                    ? tally.failureAlong(tally.along("a random direction, Ju of"))
                                    : tally.jacobianFailure(""));
                }
            }
        }
    }

    @Override
    List<Direction> rows(int compared) {
        return Direction.elements(base.get(outputs.get(compared)).values.length);
    }

    @Override
    List<double[]> analytical(int input, Direction u) {
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
            double[] direction = u.toVector(Math.toIntExact(x.size()));
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
            return outputs.stream().map(k -> Elements.of(product.get(k))).toList();
        }
    }
}
