/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.function.Function;
import java.util.stream.Stream;

/** Forward and backward of a loss, which leaves nothing behind. */
final class GradientStep {

    private GradientStep() {}

    /**
     * Computes a loss and its gradients in a manager of its own, and sets the gradients to zero.
     *
     * @param leaves the inputs; those of a floating type are differentiated
     */
    static void run(NDManager manager, NDList leaves, Function<NDList, NDArray> loss) {
        differentiate(manager, leaves, loss);
        floating(leaves).forEach(leaf -> JniUtils.zeroGrad((PtNDArray) leaf));
    }

    /** Does the same, and returns the gradients of the leaves of a floating type. */
    static NDList gradients(NDManager manager, NDList leaves, Function<NDList, NDArray> loss) {
        differentiate(manager, leaves, loss);
        NDList gradients = new NDList();
        floating(leaves)
                .forEach(
                        leaf -> {
                            gradients.add(leaf.getGradient().duplicate());
                            JniUtils.zeroGrad((PtNDArray) leaf);
                        });
        return gradients;
    }

    private static void differentiate(
            NDManager manager, NDList leaves, Function<NDList, NDArray> loss) {
        try (NDManager sub = manager.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDList inputs = new NDList();
            for (NDArray leaf : leaves) {
                // What is computed from a leaf must not gather in the leaf's own manager.
                NDArray input = leaf.reshape(leaf.getShape());
                input.attach(sub);
                inputs.add(input);
            }
            collector.backward(loss.apply(inputs));
        }
    }

    private static Stream<NDArray> floating(NDList leaves) {
        return leaves.stream().filter(leaf -> leaf.getDataType().isFloating());
    }
}
