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
import org.djlext.internal.EngineArrays;
import org.jspecify.annotations.Nullable;

/**
 * Derivatives of functions: what {@code torch.autograd.functional} is to PyTorch.
 *
 * <p>A function takes a list of arrays and returns one. It is evaluated at arrays that share
 * storage with the given inputs; the inputs themselves, their graph and their stored gradients are
 * not touched, and nothing but the results is left in the caller's manager. No GradientCollector is
 * needed. Functions that are differentiated twice (hvp, vhp, hessian, jvp at times) must be made of
 * operations that can be: the engine's, and {@link AutogradFunction}s whose backward is made of the
 * engine's.
 *
 * <p>They nest: a function may call these methods on what it computes with, and is differentiated
 * through them. So the Jacobian of a gradient is a Hessian:
 *
 * <pre>{@code
 * Functional.jacobian(
 *         x -> Functional.vjp(f, x, null).product(), new NDList(x));
 * }</pre>
 *
 * <p>At the outermost call, results are plain numbers unless {@link Option#CREATE_GRAPH} asks for
 * more. Where an output does not depend on an input, the derivative is zeros, or with {@link
 * Option#STRICT} an error.
 */
public final class Functional {

    /** What more is asked of a derivative; the names are PyTorch's. */
    public enum Option {
        /**
         * Results can be differentiated, by inputs that require a gradient and whatever else the
         * function uses.
         */
        CREATE_GRAPH,
        /**
         * A function is refused if there is an input that its outputs (for jacobian, one of them)
         * do not depend on; for hvp, vhp and hessian, one that its gradient does not depend on. For
         * jvp it is refused if an output depends on no input.
         */
        STRICT
    }

    /**
     * The value of a function together with a product of its Jacobian.
     *
     * @param outputs what the function returned
     * @param product one array for each input (vjp, hvp, vhp) or for each output (jvp)
     */
    public record Product(NDList outputs, NDList product) {}

    private Functional() {}

    /**
     * Computes the vector-Jacobian product v^T J, which is backward.
     *
     * @param f the function
     * @param inputs where to differentiate, arrays of floating type
     * @param v an array of the shape of each output; null for 1, if the output is one number
     * @param options what more is asked
     * @return the outputs, and v^T J with the shapes of the inputs
     */
    public static Product vjp(
            Function<NDList, NDList> f, NDList inputs, @Nullable NDList v, Option... options) {
        try (Evaluation e = new Evaluation("vjp", inputs, options)) {
            NDList outputs = e.run(f);
            NDList upstream = e.directions(v, outputs, "output", "upstream gradient");
            NDList product = e.grad("the output", outputs, upstream, e.isConnected());
            return new Product(e.released(outputs), e.released(product));
        }
    }

    /**
     * Computes the Jacobian-vector product J v, the derivative in the direction v.
     *
     * <p>In one pass, by the engine's forward mode, if nothing is recorded and each {@link
     * AutogradFunction} on the way has a {@link AutogradFunction#jvp jvp}. Otherwise, and where the
     * engine has no forward mode of an operation, by the "double backward trick": u^T J is linear
     * in u, and its derivative by u in the direction v is J v. The function is then evaluated once
     * more.
     *
     * @param f the function
     * @param inputs where to differentiate
     * @param v an array of the shape of each input; null for 1, if the input is one number
     * @param options what more is asked
     * @return the outputs, and J v with their shapes
     */
    public static Product jvp(
            Function<NDList, NDList> f, NDList inputs, @Nullable NDList v, Option... options) {
        try (Evaluation e = new Evaluation("jvp", inputs, options)) {
            NDList direction = e.directions(v, e.inputs(), "input", "direction");
            Product forward = e.isConnected() ? null : ForwardMode.jvp(f, e, direction);
            return forward == null ? e.jvp(f, direction) : forward;
        }
    }

    /**
     * Computes the whole Jacobian, a row at a time: with one backward pass for each number in the
     * outputs.
     *
     * @param f the function
     * @param inputs where to differentiate
     * @param options what more is asked
     * @return for each output a list with, for each input, an array of the output's shape followed
     *     by the input's
     */
    public static List<NDList> jacobian(
            Function<NDList, NDList> f, NDList inputs, Option... options) {
        try (Evaluation e = new Evaluation("jacobian", inputs, options)) {
            return blocks("output", e.run(f), e);
        }
    }

    /**
     * Computes the product of the Hessian of a scalar function with a vector, H v. H is symmetric
     * if the second derivatives are continuous, and this is {@link #vhp}.
     *
     * @param f the function, of one scalar
     * @param inputs where to differentiate
     * @param v an array of the shape of each input; null for 1, if the input is one number
     * @param options what more is asked
     * @return the value, and H v with the shapes of the inputs
     */
    public static Product hvp(
            Function<NDList, NDList> f, NDList inputs, @Nullable NDList v, Option... options) {
        return hessianProduct("hvp", f, inputs, v, options);
    }

    /**
     * Computes the product of a vector with the Hessian of a scalar function, v^T H.
     *
     * @param f the function, of one scalar
     * @param inputs where to differentiate
     * @param v an array of the shape of each input; null for 1, if the input is one number
     * @param options what more is asked
     * @return the value, and v^T H with the shapes of the inputs
     */
    public static Product vhp(
            Function<NDList, NDList> f, NDList inputs, @Nullable NDList v, Option... options) {
        return hessianProduct("vhp", f, inputs, v, options);
    }

    private static Product hessianProduct(
            String method,
            Function<NDList, NDList> f,
            NDList inputs,
            @Nullable NDList v,
            Option... options) {
        try (Evaluation e = new Evaluation(method, inputs, options)) {
            NDList direction = e.directions(v, e.inputs(), "input", "direction");
            NDList outputs = e.run(f);
            NDList gradients = gradient(outputs, method, e);
            NDList product = e.grad("the gradient", gradients, direction, e.isConnected());
            return new Product(e.released(outputs), e.released(product));
        }
    }

    /**
     * Computes the Hessian of a scalar function, a row at a time: with one backward pass for each
     * number in the inputs.
     *
     * @param f the function, of one scalar
     * @param inputs where to differentiate
     * @param options what more is asked
     * @return for each input i a list with, for each input j, an array of the shape of i followed
     *     by that of j
     */
    public static List<NDList> hessian(
            Function<NDList, NDList> f, NDList inputs, Option... options) {
        try (Evaluation e = new Evaluation("hessian", inputs, options)) {
            NDList gradients = gradient(e.run(f), "hessian", e);
            return blocks("the gradient by input", gradients, e);
        }
    }

    private static NDList gradient(NDList outputs, String method, Evaluation e) {
        if (outputs.size() != 1 || outputs.get(0).size() != 1) {
            throw new IllegalArgumentException(
                    "%s takes a function of one scalar, but it returned %s"
                            .formatted(
                                    method,
                                    outputs.size() == 1
                                            ? "an array of shape " + outputs.get(0).getShape()
                                            : outputs.size() + " arrays"));
        }
        return e.grad("the output", outputs, Arguments.ones(outputs), true);
    }

    private static List<NDList> blocks(String what, NDList outputs, Evaluation e) {
        List<NDList> blocks = new ArrayList<>();
        for (int k = 0; k < outputs.size(); k++) {
            blocks.add(e.released(rows(what + " " + k, outputs.get(k), e)));
        }
        return blocks;
    }

    private static NDList rows(String what, NDArray output, Evaluation e) {
        List<NDList> rows = new ArrayList<>();
        NDList outputs = new NDList(output);
        for (int i = 0; i < output.size(); i++) {
            double[] oneHot = new double[(int) output.size()];
            oneHot[i] = 1;
            NDArray row = e.inputs().getManager().create(oneHot).reshape(output.getShape());
            NDList v =
                    new NDList(
                            row instanceof PtNDArray own
                                    ? EngineArrays.castLike(own, (PtNDArray) output)
                                    : row.toType(output.getDataType(), false));
            rows.add(e.grad(what, outputs, v, e.isConnected()));
        }
        NDList blocks = new NDList();
        for (int k = 0; k < e.inputs().size(); k++) {
            Shape shape = output.getShape().addAll(e.inputs().get(k).getShape());
            NDList column = new NDList();
            for (NDList row : rows) {
                column.add(row.get(k).flatten());
            }
            NDArray block =
                    column.isEmpty()
                            ? e.inputs().getManager().create(shape, output.getDataType())
                            : NDArrays.stack(column).reshape(shape);
            blocks.add(block);
        }
        return blocks;
    }
}
