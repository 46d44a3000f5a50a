/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/** Functions whose rules do little, so that what they cost is the node. */
final class NodeFunctions {

    private NodeFunctions() {}

    /** y = a b, of two saved inputs. */
    static final class Product extends AutogradFunction {
        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            ctx.saveForBackward(inputs.get(0), inputs.get(1));
            return new NDList(inputs.get(0).mul(inputs.get(1)));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray dy = gradOutputs.get(0);
            return new NDList(dy.mul(ctx.saved(1)), dy.mul(ctx.saved(0)));
        }
    }

    /** a + b and b - c: three inputs, two outputs. */
    static final class SumAndDifference extends AutogradFunction {
        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            NDArray b = inputs.get(1);
            return new NDList(inputs.get(0).add(b), b.sub(inputs.get(2)));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray dy = gradOutputs.get(0);
            NDArray dz = gradOutputs.get(1);
            return new NDList(dy, dy.add(dz), dz.neg());
        }
    }
}
