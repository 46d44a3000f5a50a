/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Time steps of recurrent networks: as axes, as rows of one matrix, and one by one. */
final class Steps {

    private Steps() {}

    /** The steps below each other, (T, B, C) to (T B, C). */
    static NDArray rows(NDArray array) {
        Shape shape = array.getShape();
        return array.reshape(shape.get(0) * shape.get(1), shape.get(2));
    }

    /** T arrays of shape (B, H) from rows, (T B, H). */
    static NDList split(NDArray rows, NDArray x) {
        long batch = x.getShape().get(1);
        int steps = (int) x.getShape().get(0);
        // By places, not by a number of parts, which an array of no rows would not have.
        return rows.split(LongStream.range(1, steps).map(t -> t * batch).toArray());
    }

    /** T arrays of shape (B, H) below each other, (T B, H). */
    static NDArray together(NDList steps) {
        // DJL's concat of a single array is a copy, which is not recorded.
        return rows(NDArrays.stack(steps));
    }

    /** The state before each step as rows, (T B, H). */
    static NDArray before(NDArray start, NDArray states) {
        NDArray rows = rows(states); // (T B, H)
        long steps = states.getShape().get(0);
        if (steps == 1) {
            return start;
        }
        long last = rows.getShape().get(0) - start.getShape().get(0);
        return NDArrays.concat(new NDList(start, rows.split(new long[] {last}).get(0)));
    }

    /** Vectors and states side by side, (T B, C + H). */
    static NDArray besides(NDArray x, NDArray h) {
        return NDArrays.concat(new NDList(x, h), 1);
    }

    /**
     * The direction of the argument of a layer of [x, h] for all steps, (T B, H), but for what
     * comes by the direction of h.
     *
     * @param tangents the directions of the inputs: of x first, of the layer's weights and biases
     *     at w and after it; null for what does not change
     * @param wx the weights that meet x, (C, H)
     * @param xh vectors and states, (T B, C + H)
     * @param like an array of the result's shape and type
     */
    static NDArray directions(NDList tangents, int w, NDArray wx, NDArray xh, NDArray like) {
        NDArray sum = like.zerosLike();
        if (tangents.get(0) != null) {
            sum = sum.add(rows(tangents.get(0)).matMul(wx));
        }
        if (tangents.get(w) != null) {
            sum = sum.add(xh.matMul(tangents.get(w)));
        }
        return tangents.get(w + 1) == null ? sum : sum.add(tangents.get(w + 1));
    }

    /** A direction, or zeros for what does not change. */
    static NDArray orZeros(@Nullable NDArray direction, NDArray like) {
        return direction == null ? like.zerosLike() : direction;
    }

    /** Checks x (T, B, C), start (B, H), and weights (C + H, H) and biases (H) in turn. */
    static void check(String name, NDArray x, NDArray start, List<NDArray> parameters) {
        Shape xs = x.getShape();
        Shape hs = start.getShape();
        boolean fits =
                xs.dimension() == 3
                        && hs.dimension() == 2
                        && xs.get(0) > 0
                        && xs.get(1) == hs.get(0);
        for (int i = 0; fits && i < parameters.size(); i++) {
            Shape expected = new Shape(hs.get(1));
            if (i % 2 == 0) {
                expected = new Shape(xs.get(2) + hs.get(1), hs.get(1));
            }
            fits = parameters.get(i).getShape().equals(expected);
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    ("%s takes x of shape (T, B, C) with at least one step,"
                                    + " start of shape (B, H), weights of shape (C + H, H) and"
                                    + " biases of shape (H), but got %s, %s and %s")
                            .formatted(
                                    name,
                                    xs,
                                    hs,
                                    parameters.stream().map(NDArray::getShape).toList()));
        }
    }
}
