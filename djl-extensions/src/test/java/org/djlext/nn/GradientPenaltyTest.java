/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.junit.jupiter.api.Test;

/**
 * Training with a penalty on the norm of the input's gradient, which takes a second derivative of
 * every operation of the network of {@link DerivativesTest}, beside the same with the engine's
 * gradients of plain expressions.
 */
class GradientPenaltyTest {

    private static final int STEPS = 100;
    private static final int ROWS = DerivativesTest.ROWS;

    private static NDList parameters(NDManager manager) {
        Engine.getInstance().setRandomSeed(3);
        NDList parameters = new NDList();
        for (long[] shape : DerivativesTest.PARAMETERS) {
            NDArray leaf =
                    manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT64)
                            .div(Math.sqrt((double) shape[0]));
            leaf.setRequiresGradient(true);
            parameters.add(leaf);
        }
        return parameters;
    }

    /** The loss with the penalty, step by step. */
    private static double[] train(Function<NDList, NDArray> loss) {
        try (NDManager manager = NDManager.newBaseManager();
                Autograd.Scope recording = Autograd.enableGrad()) {
            NDList parameters = parameters(manager);
            NDArray x = manager.randomNormal(0, 1, new Shape(ROWS, 6), DataType.FLOAT64);
            NDArray labels = manager.arange(0, ROWS, 1, DataType.INT64).mod(3);
            double[] losses = new double[STEPS];
            for (int step = 0; step < STEPS; step++) {
                try (NDManager sub = manager.newSubManager()) {
                    NDArray leaf = x.stopGradient();
                    leaf.attach(sub);
                    leaf.setRequiresGradient(true);
                    NDList inputs = new NDList(leaf, labels);
                    inputs.addAll(parameters);
                    NDArray value = loss.apply(inputs);
                    NDArray dx =
                            Autograd.grad(
                                            new NDList(value),
                                            new NDList(leaf),
                                            new NDList(value.onesLike()),
                                            true,
                                            true,
                                            false)
                                    .get(0);
                    NDArray norm = dx.square().sum(new int[] {1}).add(1e-12).sqrt();
                    NDArray total = value.add(norm.sub(0.1).square().sum());
                    losses[step] = total.getDouble();
                    NDList gradients = Autograd.grad(new NDList(total), parameters);
                    try (Autograd.Scope updating = Autograd.noGrad()) {
                        for (int i = 0; i < parameters.size(); i++) {
                            parameters.get(i).subi(gradients.get(i).mul(0.05));
                        }
                    }
                }
            }
            return losses;
        }
    }

    @Test
    void isTheEnginesOfPlainExpressions() {
        double[] manual = train(DerivativesTest::byHand);
        double[] engine = train(DerivativesTest::plain);
        for (int step = 0; step < STEPS; step++) {
            assertEquals(engine[step], manual[step], 1e-8, "step " + step);
        }
        assertTrue(manual[STEPS - 1] < 0.8 * manual[0], manual[0] + " to " + manual[STEPS - 1]);
    }
}
