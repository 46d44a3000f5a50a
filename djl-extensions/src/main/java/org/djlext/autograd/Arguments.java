/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.ArrayList;
import java.util.List;
import org.djlext.internal.TensorSpec;
import org.jspecify.annotations.Nullable;

/** Checks of what methods are given, and how they call it. */
final class Arguments {

    private Arguments() {}

    static List<PtNDArray> tensors(String method, NDList arrays) {
        return arrays.stream().map(array -> onPyTorch(method, array)).toList();
    }

    /** Tells whether an array has the shape and the type of another. */
    static boolean isLike(@Nullable NDArray array, NDArray like) {
        if (array instanceof PtNDArray a && like instanceof PtNDArray b) {
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

    static void checkScalar(String method, NDArray array) {
        NDArray known = array instanceof Recorder.Recorded ? array : onPyTorch(method, array);
        if (known.size() != 1) {
            throw new IllegalArgumentException(
                    method
                            + " without upstream gradients takes scalars, but got "
                            + describe(array)
                            + "; give an upstream gradient of that shape");
        }
    }

    static void checkUpstream(String method, String what, NDList outputs, NDList gradOutputs) {
        if (outputs.isEmpty() || outputs.size() != gradOutputs.size()) {
            throw new IllegalArgumentException(
                    method
                            + " takes at least one "
                            + what
                            + ", and an upstream gradient for each, but got "
                            + outputs.size()
                            + " "
                            + what
                            + "s and "
                            + gradOutputs.size()
                            + " upstream gradients");
        }
        for (int k = 0; k < outputs.size(); k++) {
            NDArray given = gradOutputs.get(k);
            if (given == null) {
                checkScalar(method, outputs.get(k));
            } else if (!isLike(given, outputs.get(k))) {
                throw new IllegalArgumentException(
                        method
                                + " takes an upstream gradient of the shape and type of each "
                                + what
                                + ", but "
                                + what
                                + " "
                                + k
                                + " has "
                                + shapeAndType(outputs.get(k))
                                + " and its upstream gradient "
                                + shapeAndType(given));
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
                        method
                                + " differentiates by arrays that require a gradient, but input "
                                + i
                                + ", "
                                + describe(inputs.get(i))
                                + ", does not; call setRequiresGradient(true) on a leaf before it is"
                                + " used");
            }
        }
    }

    static void checkRoots(NDList roots) {
        for (int k = 0; k < roots.size(); k++) {
            if (!Autograd.requiresGrad(roots.get(k))) {
                throw new IllegalArgumentException(
                        "backward differentiates arrays that were computed from one that requires a"
                                + " gradient, but root "
                                + k
                                + ", "
                                + describe(roots.get(k))
                                + ", was not, or not while gradients were recorded");
            }
        }
    }

    /** The upstream gradients of scalars: null for each, which stands for 1. */
    static NDList ones(String method, NDList scalars) {
        NDList ones = new NDList(scalars.size());
        for (NDArray scalar : scalars) {
            checkScalar(method, scalar);
            ones.add(null);
        }
        return ones;
    }

    static List<@Nullable PtNDArray> upstream(String method, NDList arrays) {
        List<@Nullable PtNDArray> upstream = new ArrayList<>(arrays.size());
        for (NDArray array : arrays) {
            upstream.add(array == null ? null : onPyTorch(method, array));
        }
        return upstream;
    }

    static String describe(NDArray array) {
        String name = array.getName();
        return (name == null ? "an array" : "\"" + name + "\"") + " of shape " + array.getShape();
    }

    static PtNDArray onPyTorch(String method, NDArray array) {
        if (array instanceof PtNDArray tensor) {
            return tensor;
        }
        throw new IllegalArgumentException(
                method
                        + " takes an array of the PyTorch engine, but got "
                        + (array == null ? "null" : "a " + array.getClass().getSimpleName()));
    }
}
