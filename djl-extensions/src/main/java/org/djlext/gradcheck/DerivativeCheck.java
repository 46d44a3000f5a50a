/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Compares v'Ju for each pair of an input and an output, along directions v of the output and u of
 * the input, with central differences. In slow mode u is each element of the input in turn, in fast
 * mode one random direction.
 */
abstract class DerivativeCheck {

    final Findings findings;
    final Subject subject;
    final GradCheckSettings settings;
    final boolean fast;
    final List<Subject.Output> base;
    final List<Integer> outputs;

    /** Creates the check of some of the outputs that the function has at its inputs. */
    DerivativeCheck(
            Findings findings, boolean fast, List<Subject.Output> base, List<Integer> outputs) {
        this.findings = findings;
        subject = findings.subject();
        settings = findings.settings();
        this.fast = fast;
        this.base = base;
        this.outputs = outputs;
    }

    /** The directions of one of the compared outputs. */
    abstract List<Direction> rows(int compared);

    /** For each of the compared outputs what v'Ju is said to be, along each of its directions. */
    abstract List<double[]> analytical(int input, Direction u);

    /** The elements of an array, or a random direction. */
    final List<Direction> directions(int size, SplittableRandom random) {
        return fast ? List.of(Direction.random(size, random)) : elements(size);
    }

    static List<Direction> elements(int size) {
        return IntStream.range(0, size).mapToObj(Direction::of).toList();
    }

    /**
     * Compares the derivatives by an input.
     *
     * @return a tally for each of the compared outputs
     * @throws CheckException if the function fails, or if an output does not have the form that it
     *     has at the inputs
     */
    final List<Tally> compare(Check check, int input, SplittableRandom random) {
        double[] values = subject.values(input);
        List<Tally> tallies = new ArrayList<>();
        for (int k : outputs) {
            tallies.add(new Tally(check, settings.tolerance(), subject, input, k, base.get(k)));
        }
        List<Direction> directions = directions(values.length, random);
        for (int i = 0; i < directions.size(); i++) {
            Direction u = directions.get(i);
            double[] above = u.step(values, settings.eps(), settings);
            double[] below = u.step(values, -settings.eps(), settings);
            double width = u.dot(above) - u.dot(below);
            List<Subject.Output> plus = evaluate(input, above);
            List<Subject.Output> minus = evaluate(input, below);
            List<double[]> analytical = analytical(input, u.taken(below, above));
            for (int c = 0; c < outputs.size(); c++) {
                int k = outputs.get(c);
                double[] change = difference(plus.get(k), minus.get(k));
                List<Direction> rows = rows(c);
                for (int e = 0; e < rows.size(); e++) {
                    double numerical = rows.get(e).dot(change) / width;
                    tallies.get(c).add(i, e, analytical.get(c)[e], numerical);
                }
            }
        }
        return tallies;
    }

    private static double[] difference(Subject.Output plus, Subject.Output minus) {
        double[] difference = plus.values.clone();
        for (int e = 0; e < difference.length; e++) {
            difference[e] -= minus.values[e];
        }
        return difference;
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
                        "%soutput %s has shape %s and type %s instead of %s and %s"
                                .formatted(where, k, got.shape, got.type, must.shape, must.type));
            }
        }
        return outputs;
    }
}
