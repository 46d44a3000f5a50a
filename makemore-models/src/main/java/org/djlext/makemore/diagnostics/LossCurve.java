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
     * Averages groups of losses, {@code torch.tensor(losses).view(-1, 1000).mean(1)} of makemore 5.
     *
     * @param losses the loss of each step
     * @param group how many steps become one number, such as 1000
     * @return the means of full groups; a rest at the end is left out
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
     * Averages each loss with its neighbours.
     *
     * @param losses the loss of each step
     * @param reach how many on either side there are at most; fewer at the ends
     * @return a mean for each loss
     */
    public static List<Double> movingMeans(List<? extends Number> losses, int reach) {
        List<Double> means = new ArrayList<>();
        for (int i = 0; i < losses.size(); i++) {
            // As far on one side as on the other, so that the ends are not drawn inwards.
            int r = Math.min(reach, Math.min(i, losses.size() - 1 - i));
            means.add(mean(losses.subList(i - r, i + r + 1)));
        }
        return means;
    }

    /**
     * Takes logarithms, under which the first, large losses do not squash the rest of the curve.
     *
     * @param losses positive losses
     * @return their logarithms to base 10
     */
    public static List<Double> log10(List<? extends Number> losses) {
        return losses.stream().map(loss -> Math.log10(loss.doubleValue())).toList();
    }

    private static double mean(List<? extends Number> numbers) {
        return numbers.stream().mapToDouble(Number::doubleValue).average().orElse(Double.NaN);
    }
}
