/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import java.util.ArrayList;
import java.util.List;

/** The losses of mini-batches, made readable. */
public final class LossCurve {

    private LossCurve() {}

    /**
     * {@return the means of full groups of losses, {@code torch.tensor(losses).view(-1,
     * 1000).mean(1)} of makemore 5; a rest at the end is left out}
     *
     * @param losses the loss of each step
     * @param group how many steps become one number, such as 1000
     */
    public static List<Double> means(List<? extends Number> losses, int group) {
        if (group < 1) {
            throw new IllegalArgumentException(
                    "losses are averaged in groups of 1 or more, but got " + group);
        }
        List<Double> means = new ArrayList<>();
        for (int from = 0; from + group <= losses.size(); from += group) {
            means.add(mean(losses.subList(from, from + group)));
        }
        return means;
    }

    /**
     * {@return the mean of each {@code window} losses in a row; the first is of the first ones}
     * Every mean is of a whole window, so there are fewer means than losses: one of fewer losses at
     * either end would look as sure as the others and be chance.
     *
     * @param losses the loss of each step
     * @param window how many steps are averaged
     */
    public static List<Double> movingMeans(List<? extends Number> losses, int window) {
        List<Double> means = new ArrayList<>();
        for (int to = window; to <= losses.size(); to++) {
            means.add(mean(losses.subList(to - window, to)));
        }
        return means;
    }

    /**
     * {@return the logarithms to base 10, under which the first, large losses do not squash the
     * rest of the curve}
     *
     * @param losses positive losses
     */
    public static List<Double> log10(List<? extends Number> losses) {
        return losses.stream().map(loss -> Math.log10(loss.doubleValue())).toList();
    }

    private static double mean(List<? extends Number> numbers) {
        return numbers.stream().mapToDouble(Number::doubleValue).average().orElse(Double.NaN);
    }
}
