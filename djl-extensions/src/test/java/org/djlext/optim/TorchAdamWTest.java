/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import static org.djlext.testing.Failures.assertRefused;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.tracker.Tracker;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.nn.Activations;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.Linear;
import org.djlext.nn.Reduction;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.djlext.torch.ops.InPlace;
import org.junit.jupiter.api.Test;

/** AdamW against its recurrence worked by hand, and against PyTorch's losses. */
class TorchAdamWTest extends ArrayTest {

    private static double gradient(double w, int step) {
        return Math.sin(3 * w + step) * Math.pow(10, -step);
    }

    /** Ten updates of one number, in plain arithmetic. Gradients shrink below eps on the way. */
    private static double byHand(double lr, double b1, double b2, double eps, double decay) {
        double w = 0.7;
        double m = 0;
        double v = 0;
        for (int t = 1; t <= 10; t++) {
            double g = gradient(w, t);
            w -= lr * decay * w;
            m = b1 * m + (1 - b1) * g;
            v = b2 * v + (1 - b2) * g * g;
            double mHat = m / (1 - Math.pow(b1, t));
            double vHat = v / (1 - Math.pow(b2, t));
            w -= lr * mHat / (Math.sqrt(vHat) + eps);
        }
        return w;
    }

    private double updates(TorchAdamW.Builder builder, DataType type) {
        try (TorchAdamW adamW = builder.build()) {
            NDArray w = manager.create(new double[] {0.7}).toType(type, false);
            for (int t = 1; t <= 10; t++) {
                double at = w.toType(DataType.FLOAT64, true).getDouble(0);
                NDArray g = manager.create(new double[] {gradient(at, t)}).toType(type, false);
                adamW.update("w", w, g);
            }
            return w.toType(DataType.FLOAT64, true).getDouble(0);
        }
    }

    @Test
    void isTheRecurrence() {
        double want = byHand(1e-3, 0.9, 0.999, 1e-8, 0.01);
        assertEquals(want, updates(TorchAdamW.builder(), DataType.FLOAT64), 1e-14);
        assertEquals(want, updates(TorchAdamW.builder(), DataType.FLOAT32), 1e-6);
        TorchAdamW.Builder other =
                TorchAdamW.builder()
                        .optLearningRate(0.05)
                        .optBetas(0.8, 0.99)
                        .optEps(1e-3)
                        .optWeightDecay(0.1);
        want = byHand(0.05, 0.8, 0.99, 1e-3, 0.1);
        assertEquals(want, updates(other, DataType.FLOAT64), 1e-14);
        // The place of eps is visible at this precision: DJL's would be an eps 30 times as small.
        assertNotEquals(want, byHand(0.05, 0.8, 0.99, 1e-4, 0.1), 1e-6);
        TorchAdamW.Builder tracked =
                TorchAdamW.builder()
                        .optLearningRateTracker(Tracker.fixed(0.25f))
                        .optWeightDecays(0);
        want = byHand(0.25, 0.9, 0.999, 1e-8, 0);
        assertEquals(want, updates(tracked, DataType.FLOAT64), 1e-14);
    }

    @Test
    void halves() {
        TorchAdamW.Builder builder = TorchAdamW.builder().optLearningRate(0.05);
        // A weight is rounded to 2.4e-4 ten times.
        double want = byHand(0.05, 0.9, 0.999, 1e-8, 0.01);
        assertEquals(want, updates(builder, DataType.FLOAT16), 3e-3);
        // Equal gradients make steps of the learning rate, also if their square is no half.
        try (TorchAdamW adamW = builder.build()) {
            NDArray w = manager.zeros(new Shape(1), DataType.FLOAT16);
            for (int t = 0; t < 3; t++) {
                adamW.update("large", w, manager.full(new Shape(1), 300, DataType.FLOAT16));
            }
            assertEquals(-0.15, w.toType(DataType.FLOAT64, true).getDouble(0), 1e-3);
        }
    }

    @Test
    void givesPyTorchsFiveLosses() {
        JsonObject golden = Golden.read("/golden/model_makemore_bigram.json");
        JsonArray losses =
                golden.getAsJsonArray("adamw_lr5e-4_wd0.01_betas0.9_0.99_losses_of_5_steps");
        NDArray weight = Golden.tensor(manager, golden.getAsJsonObject("weights").get("logits"));
        NDArray x = Golden.tensor(manager, golden.get("X"));
        NDList y = new NDList(Golden.tensor(manager, golden.get("Y")));
        weight.setRequiresGradient(true);
        CrossEntropyLoss loss =
                new CrossEntropyLoss("loss", new CrossEntropyFunction(Reduction.MEAN, -1L));
        try (TorchAdamW adamW =
                TorchAdamW.builder().optLearningRate(5e-4).optBetas(0.9, 0.99).build()) {
            for (int step = 0; step < losses.size(); step++) {
                double want = losses.get(step).getAsDouble();
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    NDArray logits = new EmbeddingFunction().apply(x, weight);
                    NDArray value = loss.evaluate(y, new NDList(logits));
                    assertEquals(want, value.getDouble(), 1e-12 * want, "step " + step);
                    collector.backward(value);
                }
                adamW.update("logits", weight, weight.getGradient());
                assertEquals(
                        0, weight.getGradient().abs().sum().getDouble(), "gradient is cleared");
            }
        }
        assertEquals(5, losses.size());
    }

    private SequentialBlock network() {
        SequentialBlock block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(4).build())
                        .add(Activations.tanh())
                        .add(Linear.builder().setUnits(3).build());
        block.initialize(manager, DataType.FLOAT32, new Shape(5, 6));
        return block;
    }

    private List<Float> train(SequentialBlock block, TorchAdamW adamW, int steps) {
        return train(
                block,
                steps,
                () -> {
                    for (Parameter p : block.getParameters().values()) {
                        adamW.update(p.getId(), p.getArray(), p.getArray().getGradient());
                    }
                });
    }

    private List<Float> train(SequentialBlock block, int steps, Runnable update) {
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x = manager.arange(0, 30, 1, DataType.FLOAT32).sin().reshape(5, 6);
        NDList labels = new NDList(manager.create(new long[] {0, 1, 2, 1, 0}));
        List<Float> losses = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDList logits = block.forward(store, new NDList(x), true);
                NDArray loss = new CrossEntropyLoss().evaluate(labels, logits);
                losses.add(loss.getFloat());
                collector.backward(loss);
            }
            update.run();
        }
        return losses;
    }

    private static Map<String, NDArray> copies(Map<String, NDArray> state) {
        Map<String, NDArray> copies = new LinkedHashMap<>();
        state.forEach((name, array) -> copies.put(name, array.duplicate()));
        return copies;
    }

    @Test
    void goesOnFromACheckpointAsIfItHadNotStopped() {
        SequentialBlock block = network();
        Map<String, NDArray> state;
        List<NDArray> values;
        List<Float> want;
        try (TorchAdamW adamW = halving()) {
            train(block, adamW, 7);
            state = copies(adamW.state(block.getParameters().toMap()));
            values = values(block);
            want = train(block, adamW, 5);
        }
        SequentialBlock again = network();
        load(again, values);
        try (TorchAdamW adamW = halving()) {
            adamW.restore(again.getParameters().toMap(), state);
            assertEquals(want, train(again, adamW, 5));
        }
        // Without the state the losses differ, or the above would say nothing.
        load(again, values);
        try (TorchAdamW adamW = halving()) {
            assertNotEquals(want, train(again, adamW, 5));
        }
    }

    private static List<NDArray> values(SequentialBlock block) {
        return block.getParameters().values().stream()
                .map(p -> p.getArray().stopGradient().duplicate())
                .toList();
    }

    // With a rate that depends on how many updates there were.
    private static TorchAdamW halving() {
        return TorchAdamW.builder().optLearningRateTracker((id, n) -> 0.1f / n).build();
    }

    @Test
    void aStateOfOtherParametersIsRefused() {
        SequentialBlock block = network();
        Map<String, Parameter> parameters = block.getParameters().toMap();
        try (TorchAdamW adamW = TorchAdamW.builder().build()) {
            train(block, adamW, 1);
            Map<String, NDArray> state = copies(adamW.state(parameters));
            assertEquals(12, state.size());
            String name = parameters.keySet().iterator().next() + ".mean";
            Map<String, NDArray> other = new LinkedHashMap<>(state);
            other.put("w.mean", manager.zeros(new Shape(4)));
            assertRefused(
                    "the state of the optimizer has w.mean, which no parameter has",
                    () -> adamW.restore(parameters, other));
            Map<String, NDArray> wrong = new LinkedHashMap<>(state);
            wrong.put(name, manager.zeros(new Shape(7)));
            assertRefused(
                    "the state of the optimizer must have "
                            + name
                            + " of type float32 and shape (6, 4), but has one of float32 (7)",
                    () -> adamW.restore(parameters, wrong));
            wrong.remove(name);
            assertRefusedSaying("but has none", () -> adamW.restore(parameters, wrong));
            assertEquals(state, adamW.state(parameters));
        }
    }

    @Test
    void aStepOfAllIsAnUpdateOfEach() {
        SequentialBlock one = network();
        SequentialBlock all = network();
        load(all, values(one));
        try (TorchAdamW each = TorchAdamW.builder().optLearningRate(0.05).build();
                TorchAdamW atOnce = TorchAdamW.builder().build()) {
            List<Float> want = train(one, each, 5);
            List<Float> got = train(all, 5, () -> atOnce.step(all.getParameters().values(), 0.05));
            assertEquals(want, got);
        }
    }

    private void load(SequentialBlock block, List<NDArray> values) {
        for (int i = 0; i < values.size(); i++) {
            InPlace.copy(block.getParameters().valueAt(i).getArray(), values.get(i));
        }
    }

    @Test
    void onlyChosenParametersDecay() {
        SequentialBlock block = network();
        TorchAdamW.Builder builder =
                TorchAdamW.builder()
                        .optLearningRate(0.5)
                        .optWeightDecay(1)
                        .optDecay(
                                block.getParameters(),
                                (name, p) -> p.getType() == Parameter.Type.WEIGHT);
        try (TorchAdamW adamW = builder.build()) {
            for (Parameter p : block.getParameters().values()) {
                NDArray before = p.getArray().stopGradient().duplicate();
                adamW.update(p.getId(), p.getArray(), before.zerosLike());
                double factor = p.getType() == Parameter.Type.WEIGHT ? 0.5 : 1;
                assertArrayEquals(
                        before.mul(factor).toFloatArray(),
                        p.getArray().stopGradient().toFloatArray());
            }
        }
    }

    @Test
    void gradientIsRescaledAndClippedOnBothSides() {
        try (TorchAdamW adamW =
                TorchAdamW.builder()
                        .setRescaleGrad(0.5f)
                        .optClipGrad(2)
                        .optBetas(0, 0)
                        .optEps(1)
                        .optWeightDecay(0)
                        .optLearningRate(1)
                        .build()) {
            NDArray w = manager.zeros(new Shape(3), DataType.FLOAT64);
            adamW.update("w", w, manager.create(new double[] {-100, 2, 100}));
            // -g / (|g| + 1) for g = -2, 1, 2
            assertArrayEquals(new double[] {2 / 3.0, -1 / 2.0, -2 / 3.0}, w.toDoubleArray(), 1e-15);
        }
    }

    @Test
    void badOptionsAreNamed() {
        TorchAdamW.Builder builder = TorchAdamW.builder();
        assertRefused(
                "betas must be from 0 to less than 1, but got 0.9 and 1.0",
                () -> builder.optBetas(0.9, 1));
        assertRefused("eps must not be negative, but got -1.0", () -> builder.optEps(-1));
        assertRefused(
                "the learning rate must not be negative, but got NaN",
                () -> builder.optLearningRate(Double.NaN));
        assertRefused(
                "the weight decay must not be negative, but got -0.1",
                () -> builder.optWeightDecay(-0.1));
    }
}
