/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.List;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * The derivatives of all outputs along a direction of an input, by central differences.
 *
 * <p>The step is so short that rounding hides mistakes in the fifth digit, and the default
 * tolerance allows for that. What is within it, but not {@link #CLOSE}, is looked at again with
 * longer steps h, whose differences are {@code d(h) = d + c h^2}, plus noise. The line through them
 * gives d, and the distances from it tell how far that can be trusted. It overrules only where it
 * is sure.
 */
final class Differences {

    static final Tolerance CLOSE = new Tolerance(1e-6, 1e-8);
    private static final double[] LONG_STEPS = {1e-4, 1.25e-4, 1.5e-4, 1.75e-4, 2e-4};

    /** Of errors with three degrees of freedom, two in 100,000 are larger by chance. */
    private static final double SURE = 50;

    private final Subject subject;
    private final GradCheckSettings settings;
    private final List<Subject.Output> base;
    private final int input;
    private final Direction u;
    private final double[] at;
    private final Step step;
    private @Nullable List<Step> longSteps;

    // A step to either side: the direction that it has taken, as far as rounding lets it, its width
    // along that direction, and the outputs.
    private record Step(
            Direction taken, double width, List<Subject.Output> minus, List<Subject.Output> plus) {

        double derivative(int output, Direction v) {
            return v.between(minus.get(output).values, plus.get(output).values) / width;
        }
    }

    /**
     * Calls the function to either side of its inputs.
     *
     * @param base the outputs at the inputs
     * @throws Findings.Stop if the function fails, or an output does not have the form that it has
     *     there
     */
    Differences(
            Subject subject,
            GradCheckSettings settings,
            List<Subject.Output> base,
            int input,
            Direction u) {
        this.subject = subject;
        this.settings = settings;
        this.base = base;
        this.input = input;
        this.u = u;
        at = subject.values(input);
        step = step(u, settings.eps());
    }

    /** The direction, as far as rounding lets it be taken. */
    Direction direction() {
        return step.taken;
    }

    /**
     * Adds to a tally what is said to be v'Ju of an output.
     *
     * @param said the number
     * @param i the place of u among the directions of the input
     * @param e the place of v among those of the output
     */
    void judge(int output, Direction v, double said, Tally tally, int i, int e) {
        double must = step.derivative(output, v);
        Tolerance tolerance = settings.tolerance();
        boolean right = tolerance.accepts(said, must);
        if (right && settings.isClose() && !CLOSE.accepts(said, must)) {
            double better = byLongSteps(output, v, said);
            if (!CLOSE.accepts(said, better) && !Double.isNaN(better)) {
                right = false;
                must = better;
                tolerance = CLOSE;
            }
        }
        if (right) {
            tally.add(must);
        } else {
            tally.addWrong(i, e, said, must, tolerance.allowed(must));
        }
    }

    /** Returns v'Ju by the long steps, or NaN if they are not sure that another number is wrong. */
    private double byLongSteps(int output, Direction v, double other) {
        List<Step> steps;
        try {
            steps = longSteps == null ? longSteps() : longSteps;
        } catch (Findings.Stop e) {
            return Double.NaN; // too far away to say anything
        }
        longSteps = steps;
        double[] squares = DoubleStream.of(LONG_STEPS).map(h -> h * h).toArray();
        double[] found = steps.stream().mapToDouble(each -> each.derivative(output, v)).toArray();
        double meanSquare = DoubleStream.of(squares).average().orElse(0);
        double mean = DoubleStream.of(found).average().orElse(0);
        double products = 0;
        double spread = 0;
        for (int j = 0; j < found.length; j++) {
            products += (squares[j] - meanSquare) * (found[j] - mean);
            spread += (squares[j] - meanSquare) * (squares[j] - meanSquare);
        }
        double slope = products / spread;
        double residuals = 0;
        for (int j = 0; j < found.length; j++) {
            double residual = found[j] - mean - slope * (squares[j] - meanSquare);
            residuals += residual * residual;
        }
        double better = mean - slope * meanSquare;
        double error = Math.sqrt(residuals / (found.length - 2));
        return Math.abs(other - better) > SURE * error ? better : Double.NaN;
    }

    private List<Step> longSteps() {
        return DoubleStream.of(LONG_STEPS).mapToObj(h -> step(step.taken, h)).toList();
    }

    private Step step(Direction along, double eps) {
        double[] below = along.step(at, -eps, settings);
        double[] above = along.step(at, eps, settings);
        List<Subject.Output> plus = evaluate(above);
        return new Step(u.taken(below, above), u.between(below, above), evaluate(below), plus);
    }

    private List<Subject.Output> evaluate(double[] values) {
        String where = "when " + subject.inputs().get(input).label() + " changes a little, ";
        List<Subject.Output> outputs;
        try {
            outputs = subject.evaluate(input, values);
        } catch (RuntimeException e) {
            throw new Findings.Stop(
                    Check.OUTPUTS_STABLE, input, where + subject.name() + " throws " + e);
        }
        if (outputs.size() != base.size()) {
            throw new Findings.Stop(
                    Check.OUTPUTS_STABLE,
                    input,
                    where + "there are " + outputs.size() + " outputs instead of " + base.size());
        }
        for (int k = 0; k < base.size(); k++) {
            Subject.Output must = base.get(k);
            Subject.Output got = outputs.get(k);
            if (!got.hasFormOf(must)) {
                throw new Findings.Stop(
                        Check.OUTPUTS_STABLE,
                        input,
                        "%soutput %s has shape %s and type %s instead of %s and %s"
                                .formatted(where, k, got.shape, got.type, must.shape, must.type));
            }
        }
        return outputs;
    }
}
