/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.List;
import java.util.SortedMap;

/** Compares two backward passes that should give the same. */
final class Agreement {

    private Agreement() {}

    /**
     * Reports each input whose two gradients differ.
     *
     * @param subject what is checked
     * @param first the gradients of the differentiated inputs, as they should be
     * @param second the same, of the other pass
     * @param tolerance how far they may be apart
     * @param check under which name to report a failure
     * @param findings takes the failures
     */
    static void check(
            Subject subject,
            List<double[]> first,
            List<double[]> second,
            Tolerance tolerance,
            Check check,
            Findings findings) {
        findings.begin(check);
        for (int j = 0; j < first.size(); j++) {
            int wrong = 0;
            int worst = -1;
            double worstDifference = -1;
            double[] must = first.get(j);
            double[] got = second.get(j);
            for (int i = 0; i < must.length; i++) {
                // NaN twice is the same here; it is another check's to find.
                if (Double.compare(got[i], must[i]) == 0 || tolerance.accepts(got[i], must[i])) {
                    continue;
                }
                wrong++;
                double difference = Math.abs(got[i] - must[i]);
                if (Double.compare(difference, worstDifference) > 0) {
                    worst = i;
                    worstDifference = difference;
                }
            }
            if (wrong > 0) {
                findings.fail(
                        GradCheckFailure.at(
                                check,
                                subject,
                                subject.differentiated().get(j),
                                worst,
                                got[worst],
                                must[worst],
                                wrong,
                                what(check)));
            }
        }
    }

    /**
     * Runs backward twice, because it has to give the same both times, until it once did not.
     *
     * @param subject what is checked
     * @param settings with the tolerance of the second run
     * @param recording the graph
     * @param upstream the upstream gradients by output
     * @param findings takes the failures
     * @return the gradients of the differentiated inputs, of the first run
     */
    static List<double[]> twice(
            Subject subject,
            Settings settings,
            Recording recording,
            SortedMap<Integer, double[]> upstream,
            Findings findings) {
        List<double[]> first = recording.gradients(upstream);
        if (!findings.hasFailed(Check.BACKWARD_REPEATABLE)) {
            List<double[]> second = recording.gradients(upstream);
            Tolerance tolerance = new Tolerance(0, settings.nondetTol());
            check(subject, first, second, tolerance, Check.BACKWARD_REPEATABLE, findings);
        }
        return first;
    }

    private static String what(Check check) {
        return switch (check) {
            case LATER_CALLS ->
                    "the gradient is another one after a later call of the function, which must"
                            + " not change what an earlier call has saved";
            case UNDEFINED_UPSTREAM ->
                    "the gradient is another one if an output has no upstream gradient instead of"
                            + " zeros";
            case LINEAR_UPSTREAM ->
                    "the gradient of -3 times the upstream gradient is not -3 times the gradient"
                            + "; use the upstream gradient as a factor, once";
            case ZERO_UPSTREAM ->
                    "the gradient is not zero where the upstream gradient is; multiply by it";
            default -> "a second backward through the same graph gives another gradient";
        };
    }
}
