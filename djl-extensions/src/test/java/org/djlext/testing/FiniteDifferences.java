/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.function.Function;

/** Central differences in float64, the definition of a derivative. */
public final class FiniteDifferences {

    private static final double EPS = 1e-6;

    private FiniteDifferences() {}

    /** Returns d loss / d x, of x's shape, for a loss that is a scalar. */
    public static NDArray gradient(NDArray x, Function<NDArray, NDArray> loss) {
        if (x.getDataType() != DataType.FLOAT64) {
            throw new IllegalArgumentException("finite differences need float64");
        }
        double[] values = x.toDoubleArray();
        double[] gradient = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            values[i] = value + EPS;
            double above = loss.apply(x.getManager().create(values, x.getShape())).getDouble();
            values[i] = value - EPS;
            double below = loss.apply(x.getManager().create(values, x.getShape())).getDouble();
            values[i] = value;
            gradient[i] = (above - below) / (2 * EPS);
        }
        return x.getManager().create(gradient, x.getShape());
    }
}
