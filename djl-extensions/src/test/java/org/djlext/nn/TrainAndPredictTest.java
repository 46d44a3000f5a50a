/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.djlext.internal.NativeHooks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both operations in DJL's own pipeline: EasyTrain, save, load, Predictor. */
class TrainAndPredictTest {

    private static Block network(Block batchNorm) {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(24).build())
                .add(batchNorm)
                .add(Activation::tanh)
                .add(Linear.builder().setUnits(3).build());
    }

    /** Trains on which third of the circle a point lies in; returns the loss of the last epoch. */
    private static float train(Model model, Loss loss, NDArray x, NDArray y)
            throws IOException, TranslateException {
        ArrayDataset data =
                new ArrayDataset.Builder().setData(x).optLabels(y).setSampling(30, false).build();
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(loss)
                        .optOptimizer(
                                Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.2f)).build())
                        .addEvaluator(new Accuracy())
                        .addTrainingListeners(TrainingListener.Defaults.basic());
        try (Trainer trainer = model.newTrainer(config)) {
            trainer.setMetrics(new Metrics());
            trainer.initialize(new Shape(30, 2));
            EasyTrain.fit(trainer, 25, data, data);
            Float accuracy = trainer.getTrainingResult().getValidateEvaluation("Accuracy");
            assertTrue(Objects.requireNonNull(accuracy) > 0.9f, "accuracy " + accuracy);
            return Objects.requireNonNull(
                    trainer.getTrainingResult().getTrainEvaluation(loss.getName()));
        }
    }

    @Test
    void trainsLikeDjlsOwnThenSavesLoadsAndPredicts(@TempDir Path dir)
            throws IOException, TranslateException, MalformedModelException {
        int nodes = NativeHooks.liveNodes();
        try (NDManager manager = NDManager.newBaseManager()) {
            Engine.getInstance().setRandomSeed(9);
            NDArray x = manager.randomNormal(0, 1, new Shape(240, 2), DataType.FLOAT32);
            NDArray angle = x.get(":, 1").atan2(x.get(":, 0"));
            NDArray y = angle.add(Math.PI).div(2.1).toType(DataType.INT64, false);

            Engine.getInstance().setRandomSeed(1);
            float djl;
            try (Model model = Model.newInstance("thirds")) {
                model.setBlock(network(ai.djl.nn.norm.BatchNorm.builder().build()));
                djl = train(model, Loss.softmaxCrossEntropyLoss(), x, y);
            }
            Engine.getInstance().setRandomSeed(1);
            NDArray want;
            try (Model model = Model.newInstance("thirds")) {
                model.setBlock(network(BatchNorm.builder().optCorrection(0).build()));
                float manual = train(model, new CrossEntropyLoss(), x, y);
                assertEquals(djl, manual, 1e-3f);
                model.save(dir, "thirds");
                want = predict(model, x);
                want.attach(manager);
            }
            try (Model model = Model.newInstance("thirds")) {
                model.setBlock(network(BatchNorm.builder().optCorrection(0).build()));
                model.load(dir);
                assertArrayEquals(want.toFloatArray(), predict(model, x).toFloatArray());
            }
        }
        assertEquals(nodes, NativeHooks.liveNodes());
    }

    private static NDArray predict(Model model, NDArray x) throws TranslateException {
        try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator())) {
            NDArray logits = predictor.predict(new NDList(x)).singletonOrThrow();
            return logits.duplicate();
        }
    }
}
