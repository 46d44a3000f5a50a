/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // JUnit sets the folder
class ReportListenerTest {

    @TempDir Path dir;

    /** A model of DJL's own blocks, which knows nothing of this project. */
    @Test
    void easyTrainIsReported() throws Exception {
        Path file = dir.resolve("report.html");
        TrainingReport report = new TrainingReport("a line");
        List<Double> norms = new ArrayList<>();
        try (Model model = Model.newInstance("two layers")) {
            model.setBlock(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(8).build())
                            .add(Activation::tanh)
                            .add(Linear.builder().setUnits(1).build()));
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(Loss.l2Loss())
                            .optOptimizer(
                                    Optimizer.sgd()
                                            .setLearningRateTracker(Tracker.fixed(0.1f))
                                            .build())
                            .addTrainingListeners(TrainingListener.Defaults.basic())
                            .addTrainingListeners(new ReportListener(report, file))
                            .addTrainingListeners(
                                    new TrainingListenerAdapter() {
                                        @Override
                                        public void onTrainingBatch(Trainer t, BatchData batch) {
                                            norms.add(gradientNorm(t));
                                        }
                                    });
            try (Trainer trainer = model.newTrainer(config)) {
                NDManager manager = model.getNDManager();
                trainer.initialize(new Shape(4, 3));
                ArrayDataset data =
                        new ArrayDataset.Builder()
                                .setData(
                                        manager.randomNormal(
                                                0, 1, new Shape(40, 3), DataType.FLOAT32))
                                .optLabels(manager.ones(new Shape(40, 1)))
                                .setSampling(4, false)
                                .build();
                EasyTrain.fit(trainer, 3, data, data);
                assertTrue(Files.readString(file).contains("\"state\":\"RUNNING\""), "an epoch");

                JsonObject shown = report.json();
                assertEquals(30, shown.get("step").getAsInt());
                assertEquals(
                        "41", shown.getAsJsonObject("results").get("parameters").getAsString());
                JsonObject scalars = shown.getAsJsonObject("scalars");
                JsonObject train = scalars.getAsJsonObject("train/evaluated");
                assertEquals("[10,20,30]", train.get("step").toString());
                // DJL's mean of the last epoch, from the losses of its ten batches.
                double mean = 0;
                for (int i = 20; i < 30; i++) {
                    mean += value(scalars.getAsJsonObject("train/loss"), i) / 10;
                }
                assertEquals(value(train, 2), mean, 1e-5);
                JsonObject norm = scalars.getAsJsonObject("gradient norm");
                for (int i = 0; i < 3; i++) {
                    assertEquals(norms.get(10 * i), value(norm, i), 1e-5 * norms.get(10 * i));
                }
                JsonObject updates = scalars.getAsJsonObject("update ratio/01Linear_weight");
                assertEquals("[0,10,20]", updates.get("step").toString());
                for (int i = 0; i < 3; i++) {
                    assertTrue(value(updates, i) < 0 && value(updates, i) > -6);
                }
            }
        }
        List<JsonObject> histograms = new ArrayList<>();
        report.json()
                .getAsJsonArray("histograms")
                .forEach(entry -> histograms.add(entry.getAsJsonObject()));
        assertEquals(
                List.of(0, 10, 20, 30),
                histograms.stream().map(h -> h.get("step").getAsInt()).distinct().toList());
        assertEquals(
                List.of("Weights", "Gradients of weights", "Outputs"),
                histograms.subList(0, 3).stream().map(h -> h.get("kind").getAsString()).toList());
        assertTrue(Files.readString(file).contains("\"state\":\"FINISHED\""), "the trainer's end");
    }

    /** Element by element, as the norm is defined. */
    private static double gradientNorm(Trainer trainer) {
        double squares = 0;
        for (Parameter parameter : trainer.getModel().getBlock().getParameters().values()) {
            try (NDArray gradient = parameter.getArray().getGradient()) {
                for (float value : gradient.toFloatArray()) {
                    squares += value * value;
                }
            }
        }
        return Math.sqrt(squares);
    }

    private static double value(JsonObject series, int index) {
        return series.getAsJsonArray("value").get(index).getAsDouble();
    }
}
