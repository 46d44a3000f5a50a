/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.SparseFormat;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.autograd.Recorder;
import org.djlext.nn.EmbeddingFunction;

/** Kernels of the engine in the place of a rule whose own way cannot be written in a script. */
final class Kernels {

    private Kernels() {}

    /** Returns what computes the same as a function on the tape: itself, as a rule. */
    static AutogradFunction of(AutogradFunction function) {
        return function instanceof EmbeddingFunction ? new Embedding() : function;
    }

    // The rule adds the gradients of equal indices by a sparse matrix, which NDArray does not have.
    private static final class Embedding extends AutogradFunction {

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            NDArray index = inputs.get(0); // (..)
            NDArray weight = inputs.get(1); // (V, D)
            ctx.saveForBackward(index);
            ctx.setAttribute("rows", weight.getShape().get(0));
            return index.getNDArrayInternal().embedding(index, weight, SparseFormat.DENSE);
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            Recorder.Recorded dy = (Recorder.Recorded) gradOutputs.get(0); // (.., D)
            NDArray index = ctx.savedTensors().get(0); // (..)
            NDArray whole = index.toType(DataType.INT64, false);
            long rows = ctx.getAttribute("rows", Long.class);
            NDArray dw =
                    dy.recorder()
                            .call("embedding_dense_backward", dy, whole, rows, -1, false)
                            .head(); // (V, D)
            return new NDList(null, dw);
        }

        @Override
        protected List<String> inputNames() {
            return List.of("index", "weight");
        }

        @Override
        protected String name() {
            return "EmbeddingFunction";
        }
    }
}
