/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Activation;
import ai.djl.training.loss.SigmoidBinaryCrossEntropyLoss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions at their edges, and the losses, against DJL in float64. */
class DjlComparisonTest {

    private static final double TOLERANCE = 1e-12;

    @ParameterizedTest
    @ValueSource(doubles = {0.0, 3.0, -3.0, 800.0, -800.0, Double.NaN, Double.POSITIVE_INFINITY})
    void functionsOfOneNumberAgreeAtTheirEdges(double at) {
        Value x = new Value(at);
        x.relu().backward();
        try (DjlGradients djl = DjlGradients.of(leaves -> Activation.relu(leaves.get(0)), at)) {
            assertEquals(djl.gradient(0), x.grad);
        }
        x.grad = 0;
        x.tanh().add(x.sigmoid()).backward();
        try (DjlGradients djl =
                DjlGradients.of(
                        leaves -> leaves.get(0).tanh().add(Activation.sigmoid(leaves.get(0))),
                        at)) {
            assertEquals(djl.gradient(0), x.grad, TOLERANCE);
        }
        x.grad = 0;
        x.exp().backward();
        try (DjlGradients djl = DjlGradients.of(leaves -> leaves.get(0).exp(), at)) {
            assertEquals(djl.gradient(0), x.grad, 1e-11);
        }
    }

    // At the scores 0, 60 and -60 a careless formula has the wrong slope or no digits left.
    private static final double[] SCORES = {0.7, -1.3, 0.0, 60.0, -60.0, 0.2};
    private static final double[] LABELS = {1, 1, -1, -1, -1, -1};

    @Test
    void binaryCrossEntropyAgrees() {
        List<Value> scores = leaves(SCORES);
        Value loss = Losses.binaryCrossEntropy(scores, leaves(LABELS));
        loss.backward();
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray s = manager.create(SCORES);
            NDArray target = manager.create(LABELS).add(1).div(2);
            NDArray value =
                    new SigmoidBinaryCrossEntropyLoss().evaluate(new NDList(target), new NDList(s));
            assertRelative(value.getDouble(), loss.data);
            // Not through autograd: at a score of 0 DJL's own formula has the slope 0.
            NDArray slope = Activation.sigmoid(s).sub(target).div(SCORES.length);
            for (int i = 0; i < SCORES.length; i++) {
                assertRelative(slope.getDouble(i), scores.get(i).grad);
            }
        }
    }

    @Test
    void theOtherLossesAgree() {
        List<Value> scores = leaves(SCORES);
        Value loss =
                Losses.maxMargin(scores, leaves(LABELS))
                        .add(Losses.sumOfSquares(scores, leaves(LABELS)))
                        .add(Losses.l2(scores, 0.3));
        loss.backward();
        try (DjlGradients djl =
                DjlGradients.of(
                        arrays -> {
                            NDArray s = NDArrays.stack(arrays);
                            NDArray y = s.getManager().create(LABELS);
                            return Activation.relu(y.mul(s).neg().add(1))
                                    .mean()
                                    .add(s.sub(y).square().sum())
                                    .add(s.square().sum().mul(0.3));
                        },
                        SCORES)) {
            assertRelative(djl.value(), loss.data);
            for (int i = 0; i < SCORES.length; i++) {
                assertRelative(djl.gradient(i), scores.get(i).grad);
            }
        }
    }

    private static List<Value> leaves(double... numbers) {
        List<Value> leaves = new ArrayList<>();
        Arrays.stream(numbers).forEach(x -> leaves.add(new Value(x)));
        return leaves;
    }

    private static void assertRelative(double expected, double actual) {
        assertTrue(
                Math.abs(expected - actual) <= TOLERANCE * Math.max(1, Math.abs(expected)),
                "must be " + expected + ", but is " + actual);
    }
}
