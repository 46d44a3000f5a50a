/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import org.djlext.internal.NativeHooks;
import org.djlext.internal.TensorSpec;
import org.jspecify.annotations.Nullable;

/** Checks of what methods are given, and how they call it. */
final class Arguments {

    private Arguments() {}

    /**
     * Returns an array if there is a tensor of the engine behind it, else null. One of strings is
     * the engine's by its class alone, and ends the JVM where a tensor is looked for.
     */
    static @Nullable PtNDArray tensor(@Nullable NDArray array) {
        return array instanceof PtNDArray tensor && NativeHooks.isNumeric(tensor) ? tensor : null;
    }

    /** What something is behind which there is no tensor, for messages. */
    static String kind(@Nullable NDArray array) {
        return array == null
                ? "null"
                : array instanceof PtNDArray
                        ? "an array of strings"
                        : "a " + array.getClass().getSimpleName();
    }

    /** Tells whether an array has the shape and the type of another. */
    static boolean isLike(@Nullable NDArray array, NDArray like) {
        PtNDArray a = tensor(array);
        PtNDArray b = tensor(like);
        if (a != null && b != null) {
            return TensorSpec.of(a).isLike(TensorSpec.of(b));
        }
        return array != null
                && Recorder.of(new NDList(array, like)) != null
                && array.getShape().equals(like.getShape())
                && array.getDataType() == like.getDataType();
    }

    static String shapeAndType(@Nullable NDArray array) {
        return array == null ? "null" : array.getShape() + " " + array.getDataType();
    }

    /**
     * Checks that there is something for each of the arrays to multiply it with, of its shape and
     * type; null stands for 1, for one that is a scalar.
     *
     * @param what what the arrays are called, and of what they get each: "output", "upstream
     *     gradient"
     */
    static void checkEach(String method, String what, NDList arrays, String each, NDList given) {
        if (arrays.isEmpty() || arrays.size() != given.size()) {
            throw new IllegalArgumentException(
                    "%s takes at least one %s, and one %s for each, but got %s %ss and %s %ss"
                            .formatted(
                                    method, what, each, arrays.size(), what, given.size(), each));
        }
        for (int k = 0; k < arrays.size(); k++) {
            NDArray array = arrays.get(k);
            if (given.get(k) == null) {
                if (inGraph(method, array).size() != 1) {
                    throw new IllegalArgumentException(
                            ("%s takes scalars where no %s is given, but got %s; give one of that"
                                            + " shape")
                                    .formatted(method, each, describe(array)));
                }
            } else if (!isLike(given.get(k), array)) {
                throw new IllegalArgumentException(
                        ("%s takes one %s of the shape and type of each %s, but %s %s has %s and"
                                        + " its %s %s")
                                .formatted(
                                        method,
                                        each,
                                        what,
                                        what,
                                        k,
                                        shapeAndType(array),
                                        each,
                                        shapeAndType(given.get(k))));
            }
        }
    }

    /** Checks what is differentiated, and its upstream gradients. */
    static void checkUpstream(String method, String what, NDList outputs, NDList gradOutputs) {
        checkEach(method, what, outputs, "upstream gradient", gradOutputs);
        for (int k = 0; k < outputs.size(); k++) {
            if (!Autograd.requiresGrad(outputs.get(k))) {
                throw new IllegalArgumentException(
                        ("%s differentiates arrays that were computed from one that requires a"
                                        + " gradient, but %s %s, %s, was not, or not while"
                                        + " gradients were recorded")
                                .formatted(method, what, k, describe(outputs.get(k))));
            }
        }
    }

    static void checkInputs(String method, NDList inputs) {
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException(
                    method + " takes at least one input to differentiate by, but got none");
        }
        for (int i = 0; i < inputs.size(); i++) {
            if (!Autograd.requiresGrad(inputs.get(i))) {
                throw new IllegalArgumentException(
                        ("%s differentiates by arrays that require a gradient, but input %s, %s,"
                                        + " does not; call setRequiresGradient(true) on a leaf"
                                        + " before it is used")
                                .formatted(method, i, describe(inputs.get(i))));
            }
        }
    }

    /** What scalars are multiplied with: null for each, which stands for 1. */
    static NDList ones(NDList scalars) {
        NDList ones = new NDList(scalars.size());
        scalars.forEach(scalar -> ones.add(null));
        return ones;
    }

    static String describe(NDArray array) {
        String name = array.getName();
        return (name == null ? "an array" : "\"" + name + "\"") + " of shape " + array.getShape();
    }

    /** Returns an array that gradients can flow to: one of the engine or of a recorder. */
    static NDArray inGraph(String method, @Nullable NDArray array) {
        return array instanceof Recorder.Recorded ? array : onPyTorch(method, array);
    }

    static PtNDArray onPyTorch(String method, @Nullable NDArray array) {
        PtNDArray tensor = tensor(array);
        if (tensor == null) {
            throw new IllegalArgumentException(
                    "%s takes an array of numbers of the PyTorch engine, but got %s"
                            .formatted(method, kind(array)));
        }
        return tensor;
    }
}
