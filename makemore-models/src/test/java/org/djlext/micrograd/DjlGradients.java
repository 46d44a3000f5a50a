/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import java.util.function.Function;

/** A value and its gradients as DJL's engine computes them, in float64. */
record DjlGradients(NDManager manager, NDArray output, NDList leaves) implements AutoCloseable {

    static DjlGradients of(Function<NDList, NDArray> f, double... at) {
        NDManager manager = NDManager.newBaseManager();
        NDList leaves = new NDList();
        Arrays.stream(at).forEach(x -> leaves.add(manager.create(x)));
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            for (NDArray leaf : leaves) {
                leaf.setRequiresGradient(true);
            }
            NDArray output = f.apply(leaves);
            collector.backward(output);
            return new DjlGradients(manager, output, leaves);
        }
    }

    double value() {
        return output.getDouble();
    }

    double gradient(int i) {
        // A leaf that was not used has zeros of the default type.
        return leaves.get(i).getGradient().toType(DataType.FLOAT64, false).getDouble();
    }

    @Override
    public void close() {
        manager.close();
    }
}
