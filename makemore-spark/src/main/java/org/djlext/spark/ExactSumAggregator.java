/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.math.BigDecimal;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.expressions.Aggregator;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;

/**
 * The sum of a column of doubles as an aggregate function of Spark: it is rounded once, when it is
 * read, and so is the same bits for any layout of the rows. Rows with null are left out.
 */
public final class ExactSumAggregator extends Aggregator<@Nullable Double, BigDecimal, Double> {

    private static final long serialVersionUID = 1L;

    ExactSumAggregator() {}

    /**
     * {@return the function of a column of doubles, for {@code agg} or to be registered for SQL}
     */
    public static UserDefinedFunction function() {
        return functions.udaf(new ExactSumAggregator(), Encoders.DOUBLE());
    }

    @Override
    public BigDecimal zero() {
        return BigDecimal.ZERO;
    }

    /** Adds a number, which must be finite. */
    @Override
    public BigDecimal reduce(BigDecimal sum, @Nullable Double x) {
        if (x != null && !Double.isFinite(x)) {
            throw new IllegalArgumentException("an exact sum takes finite numbers, but got " + x);
        }
        return x == null ? sum : sum.add(new BigDecimal(x));
    }

    @Override
    public BigDecimal merge(BigDecimal sum, BigDecimal other) {
        return sum.add(other);
    }

    /** Rounds to the nearest double, which is infinite if the sum is too large for one. */
    @Override
    public Double finish(BigDecimal sum) {
        return sum.doubleValue();
    }

    @Override
    public Encoder<BigDecimal> bufferEncoder() {
        return Encoders.javaSerialization(BigDecimal.class); // DECIMAL has 38 digits
    }

    @Override
    public Encoder<Double> outputEncoder() {
        return Encoders.DOUBLE();
    }
}
