/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Comparisons of several gradients, one below the other, that can fail a test. */
public final class GradientTable {

    private final Tolerance tolerance;
    private final List<GradientComparison> rows = new ArrayList<>();

    /** Creates a table that compares with {@link Tolerance#ALLCLOSE}. */
    public GradientTable() {
        this(Tolerance.ALLCLOSE);
    }

    /**
     * Creates a table.
     *
     * @param tolerance how far gradients may be apart for approximate agreement
     */
    public GradientTable(Tolerance tolerance) {
        this.tolerance = tolerance;
    }

    /**
     * Adds a row.
     *
     * @param name what is compared
     * @param manual the gradient computed by hand
     * @param engine what it should be
     * @return the row
     */
    public GradientComparison compare(String name, NDArray manual, NDArray engine) {
        GradientComparison row = GradientComparison.of(name, manual, engine, tolerance);
        rows.add(row);
        return row;
    }

    /** {@return the comparisons, in the order of their making} */
    public List<GradientComparison> rows() {
        return List.copyOf(rows);
    }

    /**
     * Fails unless every row agrees approximately.
     *
     * @throws AssertionError if there is no row, or one that does not; the message shows those
     */
    public void assertApproximate() {
        if (rows.isEmpty()) {
            throw new AssertionError("no gradient was compared");
        }
        List<GradientComparison> bad = rows.stream().filter(r -> !r.approximate()).toList();
        if (!bad.isEmpty()) {
            throw new AssertionError(
                    bad.size()
                            + " of "
                            + rows.size()
                            + " gradients are wrong (rtol "
                            + tolerance.rtol()
                            + ", atol "
                            + tolerance.atol()
                            + "):\n"
                            + bad.stream()
                                    .map(GradientComparison::toString)
                                    .collect(Collectors.joining("\n")));
        }
    }

    /** {@return the lecture's lines, one for each row} */
    @Override
    public String toString() {
        return rows.stream().map(GradientComparison::toString).collect(Collectors.joining("\n"));
    }
}
