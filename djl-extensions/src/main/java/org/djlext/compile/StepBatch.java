/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import java.util.List;
import java.util.function.UnaryOperator;

/** Data and labels, of one step or with the steps as the first axis. */
record StepBatch(NDList data, NDList labels) {

    /** Returns the arrays as a script takes them. */
    NDList all() {
        NDList all = new NDList(data);
        all.addAll(labels);
        return all;
    }

    /** Returns the first labels, whose number a mean is taken over; data if there are no labels. */
    NDArray counted() {
        return labels.isEmpty() ? data.head() : labels.head();
    }

    /** Returns how many steps there are. */
    int steps() {
        long steps = -1;
        for (NDArray array : all()) {
            long own = array.getShape().dimension() == 0 ? 0 : array.getShape().get(0);
            if (own < 1 || (steps >= 0 && own != steps)) {
                throw new IllegalArgumentException(
                        ("run takes data and labels with as many steps as"
                                        + " their first axis is long, but an array has the"
                                        + " shape %s%s")
                                .formatted(
                                        array.getShape(),
                                        steps < 0 ? "" : " where others have " + steps + " steps"));
            }
            steps = own;
        }
        return Math.toIntExact(steps);
    }

    /** Returns the first step. */
    StepBatch first() {
        return of(array -> array.get(new NDIndex(0)));
    }

    /** Returns some steps. */
    StepBatch part(int from, int to) {
        return of(array -> array.get(new NDIndex("{}:{}", from, to)));
    }

    private StepBatch of(UnaryOperator<NDArray> operator) {
        return new StepBatch(of(data, operator), of(labels, operator));
    }

    private static NDList of(NDList arrays, UnaryOperator<NDArray> operator) {
        return new NDList(arrays.stream().map(operator).toList());
    }

    /** Frees the arrays. */
    void close() {
        data.close();
        labels.close();
    }

    /** Returns the shapes and types of data and labels. */
    List<Object> forms() {
        return List.of(Scripts.forms(data), Scripts.forms(labels));
    }
}
