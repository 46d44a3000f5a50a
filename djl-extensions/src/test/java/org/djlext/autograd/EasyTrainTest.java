/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Supplier;
import org.djlext.internal.NativeHooks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * DJL's own Trainer and EasyTrain, unchanged, with a custom function in the middle of the network.
 */
class EasyTrainTest {

    /** tanh, saving its output. */
    private static final AutogradFunction TANH =
            TestFunctions.byOutput(NDArray::tanh, (y, dy) -> y.mul(y).neg().add(1).mul(dy));

    private static Block network(Block activation) {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(16).build())
                .add(activation)
                .add(Linear.builder().setUnits(1).build());
    }

    /** Trains a small regression and returns all parameters, one after the other. */
    private static float[] train(Block network, Supplier<Optimizer> optimizer)
            throws IOException, TranslateException {
        Engine.getInstance().setRandomSeed(5);
        try (NDManager manager = NDManager.newBaseManager();
                Model model = Model.newInstance("easy-train")) {
            NDArray x = manager.randomNormal(0, 1, new Shape(96, 3), DataType.FLOAT32);
            NDArray y = x.sin().sum(new int[] {1}, true);
            ArrayDataset data =
                    new ArrayDataset.Builder()
                            .setData(x)
                            .optLabels(y)
                            .setSampling(32, false)
                            .build();
            model.setBlock(network);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(Loss.l2Loss())
                            .optOptimizer(optimizer.get())
                            .addTrainingListeners(TrainingListener.Defaults.basic());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.setMetrics(new Metrics());
                trainer.initialize(new Shape(32, 3));
                EasyTrain.fit(trainer, 20, data, data);
                float loss =
                        Objects.requireNonNull(
                                trainer.getTrainingResult().getTrainEvaluation("L2Loss"));
                assertTrue(loss < 0.3, "loss " + loss);
            }
            NDList parameters = new NDList();
            network.getParameters().forEach(p -> parameters.add(p.getValue().getArray().flatten()));
            return ai.djl.ndarray.NDArrays.concat(parameters).toFloatArray();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adam"})
    void trainsAsTheEnginesOwnOperationDoes(String name) throws IOException, TranslateException {
        Supplier<Optimizer> optimizer =
                () ->
                        name.equals("sgd")
                                ? Optimizer.sgd()
                                        .setLearningRateTracker(Tracker.fixed(0.1f))
                                        .build()
                                : Optimizer.adam()
                                        .optLearningRateTracker(Tracker.fixed(0.02f))
                                        .build();
        int nodes = NativeHooks.liveNodes();
        float[] want = train(network(new LambdaBlock(Activation::tanh)), optimizer);
        float[] got = train(network(new LambdaBlock(in -> TANH.apply(in))), optimizer);
        assertArrayEquals(want, got, 1e-4f);
        org.junit.jupiter.api.Assertions.assertEquals(nodes, NativeHooks.liveNodes());
    }

    @Test
    void aWrongRuleSpoilsTheTraining() throws IOException, TranslateException {
        // Without this, the test above might pass because the rule never ran.
        AutogradFunction wrong =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).tanh()),
                        (ctx, dy) -> new NDList(dy.get(0).mul(0.5f)));
        Supplier<Optimizer> sgd =
                () -> Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build();
        float[] right = train(network(new LambdaBlock(Activation::tanh)), sgd);
        float[] spoiled = train(network(new LambdaBlock(in -> wrong.apply(in))), sgd);
        float largest = 0;
        for (int i = 0; i < right.length; i++) {
            largest = Math.max(largest, Math.abs(right[i] - spoiled[i]));
        }
        assertTrue(largest > 0.05f, "largest difference " + largest);
    }
}
