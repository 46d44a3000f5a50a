/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.jspecify.annotations.Nullable;

/** What a Jacobian or a Hessian is multiplied with: an array v for each input or output. */
final class Directions {

    private Directions() {}

    /**
     * Checks v, or takes 1 for it.
     *
     * @param v an array for each; null if there is one array of one number
     */
    static NDList of(String method, @Nullable NDList v, NDList arrays, String what) {
        if (v != null) {
            check(method, v, arrays, what);
            return v;
        }
        if (arrays.size() != 1 || arrays.get(0).size() != 1) {
            throw new IllegalArgumentException(
                    method
                            + " needs v unless there is one "
                            + what
                            + " of one number, but got null for "
                            + (arrays.size() == 1
                                    ? "shape " + arrays.get(0).getShape()
                                    : arrays.size() + " " + what + "s"));
        }
        NDList one = new NDList(Evaluation.zerosLike(arrays.get(0)));
        one.get(0).addi(1);
        return one;
    }

    private static void check(String method, NDList v, NDList arrays, String what) {
        if (v.size() != arrays.size()) {
            throw new IllegalArgumentException(
                    method
                            + " takes an array v for each "
                            + what
                            + ", but got "
                            + v.size()
                            + " for "
                            + arrays.size());
        }
        for (int i = 0; i < v.size(); i++) {
            NDArray must = arrays.get(i);
            if (!Arguments.isLike(v.get(i), must)) {
                throw new IllegalArgumentException(
                        method
                                + " takes v of the shape and type of each "
                                + what
                                + ", which are "
                                + Arguments.shapeAndType(must)
                                + " for "
                                + what
                                + " "
                                + i
                                + ", but got "
                                + Arguments.shapeAndType(v.get(i)));
            }
        }
    }
}
