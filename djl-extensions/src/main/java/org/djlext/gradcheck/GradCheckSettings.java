/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.DataType;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * The settings of a {@link GradCheck}, with the defaults of its type filled in.
 *
 * @param type the narrowest type among the differentiated inputs
 * @param eps the step of the central differences
 * @param tolerance how far analytical and numerical derivatives may be apart
 * @param isClose whether those that are within the tolerance, but farther apart than 1e-6 of their
 *     size and 1e-8, are compared again by longer steps: in float64 with the default tolerance
 * @param nondetTol how far two runs of backward may be apart
 * @param fast whether along one random direction instead of element by element
 * @param undefinedUpstream whether upstream gradients are left out in turn
 * @param forwardAd whether forward mode is checked too
 * @param seeds the seeds of directions and upstream gradients
 */
public record GradCheckSettings(
        DataType type,
        double eps,
        Tolerance tolerance,
        boolean isClose,
        double nondetTol,
        boolean fast,
        boolean undefinedUpstream,
        boolean forwardAd,
        List<Long> seeds) {

    /** A value as an array of the type holds it. */
    double round(double value) {
        return type == DataType.FLOAT32 ? (float) value : value;
    }

    /** For results that have to be the same. */
    Tolerance same() {
        return new Tolerance(0, nondetTol);
    }

    /** For products and sums in another order, that give numbers as large as some are. */
    Tolerance rounding(List<double[]> numbers) {
        double largest =
                numbers.stream()
                        .flatMapToDouble(DoubleStream::of)
                        .map(Math::abs)
                        .filter(Double::isFinite)
                        .reduce(1, Math::max);
        return type == DataType.FLOAT32
                ? new Tolerance(1e-3, 1e-5 * largest + 3 * nondetTol)
                : new Tolerance(1e-6, 1e-9 * largest + 3 * nondetTol);
    }
}
