/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.LambdaFunction;
import org.jspecify.annotations.Nullable;

/**
 * An operation, what it should agree with, and what it should not.
 *
 * @param name the name of the operation
 * @param function the hand-written one
 * @param plain the same in the engine's operations
 * @param twin the same forward with a wrong backward
 * @param inputs inputs in float64, no two axes of one length
 */
record OpCase(
        String name,
        AutogradFunction function,
        Function<NDList, NDArray> plain,
        AutogradFunction twin,
        Function<NDManager, NDList> inputs) {

    /** A forward or a backward. */
    interface Rule extends BiFunction<FunctionContext, NDList, NDList> {}

    static AutogradFunction twin(Rule forward, Rule backward) {
        return new LambdaFunction(forward, backward);
    }

    /** The rule with another gradient of one input. */
    static AutogradFunction twin(
            Rule forward, Rule backward, int input, UnaryOperator<NDArray> wrong) {
        return twin(
                forward,
                (ctx, dy) -> {
                    NDList gradients = backward.apply(ctx, dy);
                    gradients.set(input, wrong.apply(gradients.get(input)));
                    return gradients;
                });
    }

    @Override
    public String toString() {
        return name;
    }

    NDArray manual(NDList inputs) {
        return seeded(in -> function.apply(in).get(0), inputs);
    }

    NDArray wrong(NDList inputs) {
        return seeded(in -> twin.apply(in).get(0), inputs);
    }

    NDArray engine(NDList inputs) {
        return seeded(plain, inputs);
    }

    // Dropout draws from the engine's generator; with one seed all draw the same.
    private static NDArray seeded(Function<NDList, NDArray> function, NDList inputs) {
        Engine.getInstance().setRandomSeed(42);
        return function.apply(inputs);
    }

    /** New leaves of the values of the inputs. */
    static NDList leaves(NDList inputs) {
        NDList leaves = new NDList();
        for (NDArray input : inputs) {
            NDArray leaf = input.stopGradient();
            if (input.getDataType().isFloating()) {
                leaf.setRequiresGradient(true);
            }
            leaves.add(leaf);
        }
        return leaves;
    }

    /** Returns the output and, for each input of floating type, the gradient, else null. */
    static NDList run(Function<NDList, NDArray> function, NDList inputs, NDArray upstream) {
        NDList leaves = leaves(inputs);
        NDList results = new NDList();
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = function.apply(leaves);
            results.add(y.stopGradient());
            collector.backward(y.mul(upstream).sum());
        }
        for (NDArray leaf : leaves) {
            results.add(gradient(leaf));
        }
        return results;
    }

    /** Compares what {@link #run} has returned twice. */
    static GradientTable compare(NDList got, NDList want, Tolerance tolerance) {
        GradientTable table = new GradientTable(tolerance);
        for (int i = 0; i < want.size(); i++) {
            if (want.get(i) != null) {
                table.compare(i == 0 ? "output" : "d" + (i - 1), got.get(i), want.get(i));
            }
        }
        return table;
    }

    private static @Nullable NDArray gradient(NDArray leaf) {
        return leaf.getDataType().isFloating() ? leaf.getGradient() : null;
    }

    /** A fixed upstream gradient of an output's shape, nowhere 0. */
    static NDArray upstream(NDArray output) {
        NDManager manager = output.getManager();
        long n = output.size();
        NDArray values = manager.arange(0, (int) n, 1, DataType.FLOAT64);
        return values.mul(1.7)
                .add(0.3)
                .sin()
                .add(0.2)
                .reshape(output.getShape())
                .toType(output.getDataType(), false);
    }
}
