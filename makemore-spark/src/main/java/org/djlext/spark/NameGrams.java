/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.raise_error;
import static org.apache.spark.sql.functions.when;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How often n characters follow each other in names: lecture 2's counts, for any n.
 *
 * <p>A name has n - 1 separators before it and one after it, so that each of its characters, and
 * its end, is counted once, with the n - 1 before it.
 */
public final class NameGrams {

    /** The column of the n characters; STRING. */
    public static final String GRAM = "ngram";

    /** The column of their number; LONG. */
    public static final String COUNT = "count";

    /** What stands before and after a name: the lectures' '.'. */
    public static final String SEPARATOR = ".";

    private static final int MAX_N = 100;

    private NameGrams() {}

    /**
     * Counts. Names that are null are left out; a name with a {@link #SEPARATOR} in it ends the job
     * with an error, as its n-grams could not be told from those at the end of a name.
     *
     * @param names rows with a column of names
     * @param column the column, of type STRING
     * @param n how many characters, from 1 to 100
     * @return rows of {@link #GRAM} and {@link #COUNT}, in no order
     * @throws IllegalArgumentException if there is no such column, or n is out of range
     */
    public static Dataset<Row> count(Dataset<Row> names, String column, int n) {
        Tables.indexOfText(names.schema(), column);
        if (n < 1 || n > MAX_N) {
            throw new IllegalArgumentException(
                    "n-grams have from 1 to " + MAX_N + " characters, but n is " + n);
        }
        Column name = Tables.text(column);
        Column checked =
                when(
                                name.contains(SEPARATOR),
                                raise_error(
                                        concat(
                                                lit(
                                                        "'.' stands for the ends of a name, so it"
                                                                + " cannot be in "),
                                                name)))
                        .otherwise(name);
        // SQL counts characters from 1, and in code points.
        Column grams =
                expr(
                        "transform(sequence(1, length(w) - %d), i -> substr(w, i, %d))"
                                .formatted(n - 1, n));
        return names.where(name.isNotNull())
                .select(concat(lit(SEPARATOR.repeat(n - 1)), checked, lit(SEPARATOR)).as("w"))
                .select(explode(grams).as(GRAM))
                .groupBy(GRAM)
                .count();
    }
}
