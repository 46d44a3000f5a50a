/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.djlext.micrograd.Reflected.add;

import java.util.List;
import java.util.function.BinaryOperator;

/** One number that says how wrong a net is; the lower, the better. Labels are -1 or 1. */
public final class Losses {

    private Losses() {}

    /**
     * {@return the sum over the examples of (y - target)^2, not the mean}
     *
     * @param outputs y, one an example
     * @param targets what they should be
     */
    public static Value sumOfSquares(List<Value> outputs, List<Value> targets) {
        return sumOf(outputs, targets, (y, target) -> y.sub(target).pow(2));
    }

    /**
     * The mean over the examples of max(0, 1 - label * score): the hinge of a support vector
     * machine. A score on the right side of the margin costs nothing.
     *
     * @param scores one an example
     * @param labels -1 or 1
     * @return the loss
     */
    public static Value maxMargin(List<Value> scores, List<Value> labels) {
        return sumOf(scores, labels, (score, label) -> add(1, label.neg().mul(score)).relu())
                .mul(1.0 / scores.size());
    }

    /**
     * The mean over the examples of -ln sigmoid(label * score), the binary cross entropy of the
     * probability sigmoid(score) for label 1.
     *
     * <p>Written as ln(1 + e^z) for z = -label * score, and that as max(0, z) + ln(1 + e^-|z|) with
     * |z| = 2 max(0, z) - z, so that no score is too large for it. (This |z| has the slope -1 at 0,
     * where max has 0, which makes the slope of the whole 1/2, as it should be.)
     *
     * @param scores one an example, of any size
     * @param labels -1 or 1
     * @return the loss
     */
    public static Value binaryCrossEntropy(List<Value> scores, List<Value> labels) {
        return sumOf(
                        scores,
                        labels,
                        (score, label) -> {
                            Value z = label.neg().mul(score);
                            Value hinge = z.relu();
                            Value minusAbs = z.sub(hinge.mul(2));
                            return hinge.add(add(1, minusAbs.exp()).log());
                        })
                .mul(1.0 / scores.size());
    }

    /**
     * alpha times the sum of the squares of the parameters, which keeps them small.
     *
     * @param parameters the parameters
     * @param alpha the weight of this term
     * @return the term to be added to a loss
     */
    public static Value l2(List<Value> parameters, double alpha) {
        return sumOf(parameters, parameters, Value::mul).mul(alpha);
    }

    /**
     * The share of scores with the sign of their label. NaN has none.
     *
     * @param scores one an example
     * @param labels -1 or 1
     * @return a number from 0 to 1
     */
    public static double accuracy(List<Value> scores, List<Value> labels) {
        int right = 0;
        for (int i = 0; i < labels.size(); i++) {
            double score = scores.get(i).data;
            if (!Double.isNaN(score) && score > 0 == labels.get(i).data > 0) {
                right++;
            }
        }
        return (double) right / labels.size();
    }

    private static Value sumOf(List<Value> a, List<Value> b, BinaryOperator<Value> term) {
        if (a.isEmpty() || a.size() != b.size()) {
            throw new IllegalArgumentException(
                    ("a loss needs as many labels as outputs, and at least one, but got %s outputs"
                                    + " and %s labels")
                            .formatted(a.size(), b.size()));
        }
        Value sum = term.apply(a.get(0), b.get(0));
        for (int i = 1; i < a.size(); i++) {
            sum = sum.add(term.apply(a.get(i), b.get(i)));
        }
        return sum;
    }
}
