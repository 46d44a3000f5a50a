/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

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
        return fast ? List.of(Direction.random(size, random)) : Direction.elements(size);
    }

    /**
     * Compares the derivatives by an input.
     *
     * @return a tally for each of the compared outputs
     * @throws CheckException if the function fails, or if an output does not have the form that it
     *     has at the inputs
     */
    final List<Tally> compare(Check check, int input, SplittableRandom random) {
        int size = Math.toIntExact(subject.inputs().get(input).array().size());
        List<Tally> tallies = new ArrayList<>();
        for (int k : outputs) {
            tallies.add(new Tally(check, subject, input, k, base.get(k).shape));
        }
        List<Direction> directions = directions(size, random);
        for (int i = 0; i < directions.size(); i++) {
            Differences differences =
                    new Differences(subject, settings, base, input, directions.get(i));
            List<double[]> analytical = analytical(input, differences.direction());
            for (int c = 0; c < outputs.size(); c++) {
                List<Direction> rows = rows(c);
                for (int e = 0; e < rows.size(); e++) {
                    double said = analytical.get(c)[e];
                    differences.judge(outputs.get(c), rows.get(e), said, tallies.get(c), i, e);
                }
            }
        }
        return tallies;
    }
}
