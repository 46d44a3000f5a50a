/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer: every row of x times the weight, plus the bias.
 *
 * <p>The weight is (in, out), as in the lectures, {@code x @ w}. PyTorch's {@code nn.Linear} and
 * DJL's {@code Linear} keep its transpose, (out, in).
 *
 * <pre>
 * y  = x w + b
 *
 * dx = dy w^T
 * dw = x^T dy           over all rows, whatever the leading axes
 * db = sum(dy)          over all rows
 * </pre>
 *
 * <p>Derivation. y_nj = sum_i x_ni w_ij + b_j. So x_ni reaches the loss through all y_nj of its
 * row, with the factor w_ij; w_ij through column j of every row, with the factor x_ni; b_j likewise
 * with the factor 1. The shapes leave no other way to put the products together.
 *
 * <p>Inputs: x of shape (.., in), w of shape (in, out), and b of shape (out), which may be left
 * out. Output: y of shape (.., out).
 */
public final class LinearFunction extends AutogradFunction {

    /** Creates the operation. */
    public LinearFunction() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        NDArray w = inputs.get(1);
        NDArray b = inputs.get(2);
        check(x.getShape(), w.getShape(), b);
        // Both are inputs: to save them costs no memory, and second derivatives go through them.
        ctx.saveForBackward(x, w);
        return new NDList(product(x, w, b));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = gradOutputs.get(0); // (.., out)
        NDList saved = ctx.savedTensors();
        NDArray x = saved.get(0); // (.., in)
        NDArray w = saved.get(1); // (in, out)
        Shape shape = x.getShape();
        long n = shape.slice(0, shape.dimension() - 1).size();
        NDArray rows = dy.reshape(n, w.getShape().get(1)); // (n, out)

        NDArray dx = null;
        if (ctx.needsInputGrad(0)) {
            dx = rows.matMul(w.transpose()).reshape(shape); // (.., in)
        }
        NDArray dw = null;
        if (ctx.needsInputGrad(1)) {
            dw = x.reshape(n, shape.getLastDimension()).transpose().matMul(rows); // (in, out)
        }
        NDArray db = ctx.needsInputGrad(2) ? rows.sum(new int[] {0}) : null; // (out)
        return new NDList(dx, dw, db);
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDArray x = ctx.saved(0); // (.., in)
        NDArray w = ctx.saved(1); // (in, out)
        NDArray y = null;
        if (tangents.get(0) != null) {
            y = product(tangents.get(0), w, null);
        }
        if (tangents.get(1) != null) {
            NDArray term = product(x, tangents.get(1), null);
            y = y == null ? term : y.add(term);
        }
        if (tangents.get(2) != null) {
            NDArray zeros = y == null ? product(x, w, null).zerosLike() : y;
            y = zeros.add(tangents.get(2));
        }
        return new NDList(y); // (.., out)
    }

    /** x w + b, (.., out). */
    private static NDArray product(NDArray x, NDArray w, @Nullable NDArray b) {
        Shape shape = x.getShape();
        Shape leading = shape.slice(0, shape.dimension() - 1);
        NDArray rows = x.reshape(leading.size(), shape.getLastDimension()); // (n, in)
        NDArray y = rows.matMul(w); // (n, out)
        if (b != null) {
            y.addi(b);
        }
        return y.reshape(leading.add(w.getShape().get(1)));
    }

    private static void check(Shape x, Shape w, @Nullable NDArray b) {
        if (x.dimension() < 1 || w.dimension() != 2 || x.getLastDimension() != w.get(0)) {
            throw new IllegalArgumentException(
                    ("linear takes x of shape (.., in) and w of shape (in,"
                                    + " out), but got %s and %s; a weight of PyTorch's"
                                    + " nn.Linear has to be transposed")
                            .formatted(x, w));
        }
        if (b != null && !b.getShape().equals(new Shape(w.get(1)))) {
            throw new IllegalArgumentException(
                    "linear with w of shape %s takes b of shape (%s), but got %s"
                            .formatted(w, w.get(1), b.getShape()));
        }
    }

    @Override
    protected boolean isOptional(int input) {
        return input == 2; // b
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "w", "b");
    }
}
