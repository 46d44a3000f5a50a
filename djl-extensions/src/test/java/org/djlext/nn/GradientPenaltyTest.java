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
import java.util.List;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.junit.jupiter.api.Test;

/**
 * Training with a penalty on the norm of the input's gradient, which takes a second derivative of
 * every operation of the network, beside the same with the engine's gradients of plain expressions.
 */
class GradientPenaltyTest {

    private static final int STEPS = 100;
    private static final int ROWS = 12;
    private static final int FEATURES = 6;
    private static final int HIDDEN = 8;
    private static final int CLASSES = 3;
    private static final double EPS = 1e-5;

    private final LinearFunction linear = new LinearFunction();

    // x (N, F), labels (N); w1, b1, gamma, beta, w2, b2, scale, shift, w3, b3
    private NDArray byHand(NDArray x, NDArray labels, List<NDArray> p) {
        NDArray h = linear.apply(x, p.get(0), p.get(1));
        h = new BatchNormFunction(EPS, 1).apply(new NDList(h, p.get(2), p.get(3))).get(0);
        h = new TanhFunction().apply(h);
        h = linear.apply(h, p.get(4), p.get(5));
        h = new GeluFunction().apply(h);
        h = new LayerNormFunction(EPS).apply(h, p.get(6), p.get(7));
        h = new CausalAttentionFunction().apply(h, h, h);
        NDArray logits = linear.apply(h, p.get(8), p.get(9));
        return new CrossEntropyFunction().apply(logits, labels);
    }

    private static NDArray plain(NDArray x, NDArray labels, List<NDArray> p) {
        NDArray h = x.matMul(p.get(0)).add(p.get(1));
        NDArray diff = h.sub(h.mean(new int[] {0}, true));
        NDArray var = diff.square().sum(new int[] {0}, true).div(ROWS - 1);
        h = diff.div(var.add(EPS).sqrt()).mul(p.get(2)).add(p.get(3)).tanh();
        h = h.matMul(p.get(4)).add(p.get(5));
        NDArray inner = h.pow(3).mul(0.044715).add(h).mul(Math.sqrt(2 / Math.PI));
        h = inner.tanh().add(1).mul(h).div(2);
        diff = h.sub(h.mean(new int[] {1}, true));
        var = diff.square().mean(new int[] {1}, true);
        h = diff.div(var.add(EPS).sqrt()).mul(p.get(6)).add(p.get(7));
        h = SequenceCases.attention(new NDList(h, h, h));
        NDArray logits = h.matMul(p.get(8)).add(p.get(9));
        return logits.logSoftmax(1).gather(labels.reshape(-1, 1), 1).mean().neg();
    }

    private static NDList parameters(NDManager manager) {
        Engine.getInstance().setRandomSeed(3);
        NDList parameters = new NDList();
        for (int[] size :
                new int[][] {
                    {FEATURES, HIDDEN},
                    {HIDDEN},
                    {HIDDEN},
                    {HIDDEN},
                    {HIDDEN, HIDDEN},
                    {HIDDEN},
                    {HIDDEN},
                    {HIDDEN},
                    {HIDDEN, CLASSES},
                    {CLASSES}
                }) {
            long[] shape = new long[size.length];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = size[i];
            }
            NDArray leaf =
                    manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT64)
                            .div(Math.sqrt(size[0]));
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
            NDArray x = manager.randomNormal(0, 1, new Shape(ROWS, FEATURES), DataType.FLOAT64);
            NDArray labels = manager.arange(0, ROWS, 1, DataType.INT64).mod(CLASSES);
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
        double[] manual = train(in -> byHand(in.get(0), in.get(1), List.copyOf(in.subNDList(2))));
        double[] engine = train(in -> plain(in.get(0), in.get(1), List.copyOf(in.subNDList(2))));
        for (int step = 0; step < STEPS; step++) {
            assertEquals(engine[step], manual[step], 1e-8, "step " + step);
        }
        assertTrue(manual[STEPS - 1] < 0.8 * manual[0], manual[0] + " to " + manual[STEPS - 1]);
    }
}
