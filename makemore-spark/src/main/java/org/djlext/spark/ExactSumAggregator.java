/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.expressions.Aggregator;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;

/**
 * {@link ExactSum} as an aggregate function of Spark: the sum of a column of doubles, the same bits
 * for any layout of its rows. Rows with null are left out.
 */
public final class ExactSumAggregator extends Aggregator<@Nullable Double, ExactSum, Double> {

    private static final long serialVersionUID = 1L;

    private ExactSumAggregator() {}

    /**
     * Returns the function, for {@code agg} or to be registered for SQL.
     *
     * @return a function of a column of doubles
     */
    public static UserDefinedFunction function() {
        return functions.udaf(new ExactSumAggregator(), Encoders.DOUBLE());
    }

    @Override
    public ExactSum zero() {
        return new ExactSum();
    }

    @Override
    public ExactSum reduce(ExactSum sum, @Nullable Double x) {
        return x == null ? sum : sum.add(x);
    }

    @Override
    public ExactSum merge(ExactSum sum, ExactSum other) {
        return sum.add(other);
    }

    @Override
    public Double finish(ExactSum sum) {
        return sum.value();
    }

    @Override
    public Encoder<ExactSum> bufferEncoder() {
        return Encoders.javaSerialization(ExactSum.class);
    }

    @Override
    public Encoder<Double> outputEncoder() {
        return Encoders.DOUBLE();
    }
}
