/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.List;

/** The numerical side: how the outputs change when an input does. */
final class CentralDifferences {

    private final Subject subject;
    private final List<Subject.Output> base;

    /**
     * Creates it.
     *
     * @param subject the function
     * @param base its outputs at its inputs
     */
    CentralDifferences(Subject subject, List<Subject.Output> base) {
        this.subject = subject;
        this.base = base;
    }

    /**
     * Returns f(above) - f(below) for each output.
     *
     * @param input which input changes
     * @param above its values on one side
     * @param below its values on the other
     * @return the differences, one array an output
     * @throws CheckException if the function fails, or if an output does not have the form that it
     *     has in between
     */
    List<double[]> between(int input, double[] above, double[] below) {
        List<Subject.Output> plus = evaluate(input, above);
        List<Subject.Output> minus = evaluate(input, below);
        List<double[]> differences = new ArrayList<>(plus.size());
        for (int k = 0; k < plus.size(); k++) {
            double[] difference = plus.get(k).values().clone();
            for (int e = 0; e < difference.length; e++) {
                difference[e] -= minus.get(k).values()[e];
            }
            differences.add(difference);
        }
        return differences;
    }

    private List<Subject.Output> evaluate(int input, double[] values) {
        String where = "when " + subject.inputs().get(input).label() + " changes a little, ";
        List<Subject.Output> outputs;
        try {
            outputs = subject.evaluate(input, values);
        } catch (RuntimeException e) {
            throw new CheckException(
                    Check.OUTPUTS_STABLE, input, where + subject.name() + " throws " + e);
        }
        if (outputs.size() != base.size()) {
            throw new CheckException(
                    Check.OUTPUTS_STABLE,
                    input,
                    where + "there are " + outputs.size() + " outputs instead of " + base.size());
        }
        for (int k = 0; k < base.size(); k++) {
            Subject.Output must = base.get(k);
            Subject.Output got = outputs.get(k);
            if (!got.hasFormOf(must)) {
                throw new CheckException(
                        Check.OUTPUTS_STABLE,
                        input,
                        where
                                + "output "
                                + k
                                + " has shape "
                                + got.shape()
                                + " and type "
                                + got.type()
                                + " instead of "
                                + must.shape()
                                + " and "
                                + must.type());
            }
        }
        return outputs;
    }
}
