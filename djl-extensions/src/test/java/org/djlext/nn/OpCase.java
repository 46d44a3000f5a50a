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
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.testing.LambdaFunction;

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
        return new Twin(forward, backward);
    }

    /** Of four inputs the last two may be left out, which the rules of any operation can bear. */
    private static final class Twin extends LambdaFunction {

        private static final List<String> NAMES = List.of("a", "b", "c", "d");

        Twin(Rule forward, Rule backward) {
            super(
                    forward,
                    (ctx, dy) -> {
                        NDList gradients = backward.apply(ctx, dy);
                        while (gradients.size() > 1 && gradients.size() < NAMES.size()) {
                            gradients.add(null);
                        }
                        return gradients;
                    },
                    "Twin",
                    NAMES.toArray(String[]::new));
        }

        @Override
        protected boolean isOptional(int input) {
            return input > 1;
        }
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
}
