/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.djlext.torch.NativeHooks;

/**
 * Derivatives of functions: what {@code torch.autograd.functional} is to PyTorch.
 *
 * <p>A function takes a list of arrays and returns one. It is evaluated on leaves that share
 * storage with the given inputs; the inputs themselves, their graph and their stored gradients are
 * not touched. No GradientCollector is needed. Functions that are differentiated twice (jvp, hvp,
 * hessian) must be made of operations that can be: the engine's, and {@link AutogradFunction}s
 * whose backward is made of the engine's and saves inputs alone.
 */
public final class Functional {

    /**
     * The value of a function together with a product of its Jacobian.
     *
     * @param outputs what the function returned, without a graph
     * @param product one array for each input (vjp, hvp) or for each output (jvp)
     */
    public record Product(NDList outputs, NDList product) {}

    private Functional() {}

    /**
     * Computes the vector-Jacobian product v^T J, which is backward.
     *
     * @param f the function
     * @param inputs where to differentiate, arrays of floating type
     * @param v an array of the shape of each output
     * @return the outputs, and v^T J with the shapes of the inputs; zeros where there is no
     *     dependence
     */
    public static Product vjp(Function<NDList, NDList> f, NDList inputs, NDList v) {
        NDList leaves = leaves(inputs);
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDList outputs = f.apply(leaves);
            check("vjp", v, outputs, "output");
            return new Product(detached(outputs), grad(outputs, leaves, v, false));
        }
    }

    /**
     * Computes the Jacobian-vector product J v, the derivative in the direction v.
     *
     * <p>By the "double backward trick": u^T J is linear in u, and its derivative by u in the
     * direction v is J v.
     *
     * @param f the function
     * @param inputs where to differentiate
     * @param v an array of the shape of each input
     * @return the outputs, and J v with their shapes
     */
    public static Product jvp(Function<NDList, NDList> f, NDList inputs, NDList v) {
        check("jvp", v, inputs, "input");
        NDList leaves = leaves(inputs);
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDList outputs = f.apply(leaves);
            NDList u = new NDList();
            outputs.forEach(output -> u.add(leaf(zerosLike(output))));
            NDList uJ = grad(outputs, leaves, u, true);
            return new Product(detached(outputs), grad(uJ, u, v, false));
        }
    }

    /**
     * Computes the whole Jacobian, with one backward pass for each element of the outputs.
     *
     * @param f the function
     * @param inputs where to differentiate
     * @return for each output a list with, for each input, an array of the output's shape followed
     *     by the input's
     */
    public static List<NDList> jacobian(Function<NDList, NDList> f, NDList inputs) {
        NDList leaves = leaves(inputs);
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDList outputs = f.apply(leaves);
            List<NDList> jacobian = new ArrayList<>();
            for (NDArray output : outputs) {
                jacobian.add(rows(output, leaves));
            }
            return jacobian;
        }
    }

    private static NDList rows(NDArray output, NDList leaves) {
        List<NDList> rows = new ArrayList<>();
        for (int i = 0; i < output.size(); i++) {
            double[] oneHot = new double[(int) output.size()];
            oneHot[i] = 1;
            NDArray v =
                    NativeHooks.castLike(
                            (PtNDArray)
                                    output.getManager().create(oneHot).reshape(output.getShape()),
                            (PtNDArray) output);
            rows.add(grad(new NDList(output), leaves, new NDList(v), false));
        }
        NDList blocks = new NDList();
        for (int k = 0; k < leaves.size(); k++) {
            Shape shape = output.getShape().addAll(leaves.get(k).getShape());
            NDList column = new NDList();
            for (NDList row : rows) {
                column.add(row.get(k).flatten());
            }
            NDArray block =
                    column.isEmpty()
                            ? output.getManager().create(shape, output.getDataType())
                            : NDArrays.stack(column).reshape(shape);
            blocks.add(block);
        }
        return blocks;
    }

    /**
     * Computes the product of the Hessian of a scalar function with a vector, H v.
     *
     * @param f the function, of one scalar
     * @param inputs where to differentiate
     * @param v an array of the shape of each input
     * @return the value, and H v with the shapes of the inputs
     */
    public static Product hvp(Function<NDList, NDList> f, NDList inputs, NDList v) {
        check("hvp", v, inputs, "input");
        NDList leaves = leaves(inputs);
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDList outputs = f.apply(leaves);
            NDList gradients = gradientOfScalar(outputs, leaves);
            return new Product(detached(outputs), grad(gradients, leaves, v, false));
        }
    }

    /**
     * Computes the Hessian of a scalar function, with one backward pass for each element of the
     * inputs.
     *
     * @param f the function, of one scalar
     * @param inputs where to differentiate
     * @return for each input i a list with, for each input j, an array of the shape of i followed
     *     by that of j
     */
    public static List<NDList> hessian(Function<NDList, NDList> f, NDList inputs) {
        NDList leaves = leaves(inputs);
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            List<NDList> hessian = new ArrayList<>();
            for (NDArray gradient : gradientOfScalar(f.apply(leaves), leaves)) {
                hessian.add(rows(gradient, leaves));
            }
            return hessian;
        }
    }

    private static NDList gradientOfScalar(NDList outputs, NDList leaves) {
        if (outputs.size() != 1 || outputs.get(0).size() != 1) {
            throw new IllegalArgumentException(
                    "hvp and hessian take a function of one scalar, but it returned "
                            + (outputs.size() == 1
                                    ? "an array of shape " + outputs.get(0).getShape()
                                    : outputs.size() + " arrays"));
        }
        NDList one = new NDList();
        one.add(null);
        return grad(outputs, leaves, one, true);
    }

    /** Gradients with zeros where there is none; the graph is kept. */
    private static NDList grad(NDList outputs, NDList inputs, NDList v, boolean createGraph) {
        // An output that depends on nothing has no graph, and the engine refuses it.
        NDList dependent = new NDList();
        NDList upstream = new NDList();
        for (int k = 0; k < outputs.size(); k++) {
            if (Autograd.requiresGrad(outputs.get(k))) {
                dependent.add(outputs.get(k));
                upstream.add(v.get(k));
            }
        }
        NDList gradients = new NDList();
        if (dependent.isEmpty()) {
            inputs.forEach(input -> gradients.add(zerosLike(input)));
            return gradients;
        }
        NDList found = Autograd.grad(dependent, inputs, upstream, true, createGraph, true);
        for (int i = 0; i < inputs.size(); i++) {
            gradients.add(found.get(i) == null ? zerosLike(inputs.get(i)) : found.get(i));
        }
        return gradients;
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
            if (!Autograd.isLike(v.get(i), must)) {
                throw new IllegalArgumentException(
                        method
                                + " takes v of the shape and type of each "
                                + what
                                + ", which are "
                                + Autograd.shapeAndType(must)
                                + " for "
                                + what
                                + " "
                                + i
                                + ", but got "
                                + Autograd.shapeAndType(v.get(i)));
            }
        }
    }

    // DJL's own zerosLike and onesLike end the JVM for types that DJL has no name for.
    private static NDArray zerosLike(NDArray array) {
        PtNDArray tensor = (PtNDArray) array;
        return NativeHooks.zeros(tensor, tensor.getShape(), NativeHooks.describe(tensor));
    }

    private static NDList leaves(NDList inputs) {
        NDList leaves = new NDList();
        inputs.forEach(input -> leaves.add(leaf(input.stopGradient())));
        return leaves;
    }

    private static NDArray leaf(NDArray array) {
        array.setRequiresGradient(true);
        return array;
    }

    private static NDList detached(NDList arrays) {
        NDList detached = new NDList();
        arrays.forEach(array -> detached.add(array.stopGradient()));
        return detached;
    }
}
