/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.TrainingResult;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.djlext.nn.FunctionBlock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A compiled trainer in the place of DJL's. */
class CompiledTrainerTest {

    private static Block block() {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(16).build())
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Dropout.builder().optRate(0.2f).build())
                .add(Linear.builder().setUnits(3).build());
    }

    private static DefaultTrainingConfig config(Optimizer optimizer) {
        return Small.config(Loss.softmaxCrossEntropyLoss(), optimizer).addEvaluator(new Accuracy());
    }

    // 71 examples in batches of 8: the last one has 7.
    private static Map<String, Float> fit(
            BiFunction<Model, TrainingConfig, Trainer> trainers,
            Optimizer optimizer,
            Metrics metrics)
            throws Exception {
        Engine.getInstance().setRandomSeed(3);
        try (Model model = Model.newInstance("small", Device.cpu());
                NDManager manager = NDManager.newBaseManager()) {
            model.setBlock(block());
            NDArray data = manager.randomNormal(new Shape(71, 5));
            ArrayDataset dataset = EasyTrainRun.dataset(data, 3, 8);
            DefaultTrainingConfig config =
                    config(optimizer).addTrainingListeners(TrainingListener.Defaults.basic());
            try (Trainer trainer = trainers.apply(model, config)) {
                trainer.setMetrics(metrics);
                trainer.initialize(new Shape(8, 5));
                EasyTrain.fit(trainer, 3, dataset, dataset);
                TrainingResult result = trainer.getTrainingResult();
                return result.getEvaluations();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void evaluationsAndMetricsAreThoseOfDjl(boolean adam) throws Exception {
        Supplier<Optimizer> optimizer = adam ? EasyTrainRun::adam : EasyTrainRun::sgd;
        Metrics expectedMetrics = new Metrics();
        Metrics metrics = new Metrics();
        Map<String, Float> expected = fit(Model::newTrainer, optimizer.get(), expectedMetrics);
        Map<String, Float> got = fit(CompiledTrainer::new, optimizer.get(), metrics);
        assertEquals(expected.keySet(), got.keySet());
        // The gradient of the bias before batch norm is 0, but for its rounding, and Adam divides
        // that
        // by its own size: so the bias walks at random, and running means come a little behind.
        float tolerance = adam ? 1e-4f : 1e-5f;
        expected.forEach(
                (name, value) ->
                        assertEquals(value, got.getOrDefault(name, Float.NaN), tolerance, name));
        assertEquals(expectedMetrics.getMetricNames(), metrics.getMetricNames());
        String name = "train_all_SoftmaxCrossEntropyLoss";
        for (int i = 0; i < expectedMetrics.getMetric(name).size(); i++) {
            assertEquals(
                    expectedMetrics.getMetric(name).get(i).getValue().doubleValue(),
                    metrics.getMetric(name).get(i).getValue().doubleValue(),
                    1e-5);
        }
    }

    /** Does something with an initialized trainer and a batch. */
    private interface Use {
        void with(CompiledTrainer trainer, NDList data, NDList labels);
    }

    private static void use(Use use) {
        Engine.getInstance().setRandomSeed(5);
        try (Model model = Model.newInstance("small", Device.cpu());
                NDManager manager = NDManager.newBaseManager()) {
            model.setBlock(Linear.builder().setUnits(3).build());
            try (CompiledTrainer trainer = new CompiledTrainer(model, config(EasyTrainRun.sgd()))) {
                trainer.initialize(new Shape(4, 5));
                NDArray data = manager.randomNormal(new Shape(4, 5));
                NDArray labels = manager.create(new float[] {0, 2, 1, 2});
                use.with(trainer, new NDList(data), new NDList(labels));
            }
        }
    }

    private static void backward(CompiledTrainer trainer, NDList data, NDList labels) {
        NDList predictions = trainer.forward(data, labels);
        try (GradientCollector collector = trainer.newGradientCollector()) {
            collector.backward(trainer.getLoss().evaluate(labels, predictions));
        }
    }

    private static NDArray weight(Trainer trainer) {
        return trainer.getModel().getBlock().getParameters().valueAt(0).getArray();
    }

    private static NDArray bias(Trainer trainer) {
        return trainer.getModel().getBlock().getParameters().valueAt(1).getArray();
    }

    @Test
    void forwardChangesNothingAndStepDoes() {
        use(
                (trainer, data, labels) -> {
                    NDArray before = weight(trainer).duplicate();
                    backward(trainer, data, labels);
                    assertEquals(before, weight(trainer));
                    trainer.step();
                    assertTrue(!before.equals(weight(trainer)));
                });
    }

    @Test
    void gradientsAddUp() {
        use(
                (trainer, data, labels) -> {
                    NDArray start = weight(trainer).duplicate();
                    NDArray bias = bias(trainer).duplicate();
                    backward(trainer, data, labels);
                    trainer.step();
                    NDArray once = weight(trainer).sub(start);
                    weight(trainer).stopGradient().subi(once);
                    bias(trainer).stopGradient().subi(bias(trainer).sub(bias));
                    backward(trainer, data, labels);
                    backward(trainer, data, labels);
                    trainer.step();
                    NDArray twice = weight(trainer).sub(start);
                    assertTrue(twice.allClose(once.mul(2), 1e-3, 1e-6, false), twice::toString);
                });
    }

    /** Both biases have the same gradient: ones, which are a constant of the script too. */
    @Test
    void gradientsInTheSameMemoryAddUp() {
        try (Model model = Model.newInstance("sum", Device.cpu());
                NDManager manager = NDManager.newBaseManager()) {
            model.setBlock(
                    FunctionBlock.builder("two biases")
                            .addParameter(Small.parameter("a", true), in -> new Shape(3))
                            .addParameter(Small.parameter("b", true), in -> new Shape(3))
                            .setComputation(
                                    (all, training) ->
                                            new NDList(all.get(0).add(all.get(1)).add(all.get(2))))
                            .build());
            TrainingConfig config = Small.config(Small.sum(), Small.sgd(1));
            try (CompiledTrainer trainer = new CompiledTrainer(model, config)) {
                trainer.initialize(new Shape(3));
                NDList data = new NDList(manager.zeros(new Shape(3)));
                for (int step = 0; step < 2; step++) {
                    for (int batch = 0; batch < 3; batch++) {
                        backward(trainer, data, data);
                    }
                    trainer.step();
                }
                NDArray expected = manager.full(new Shape(3), -6f);
                assertEquals(expected, weight(trainer));
                assertEquals(expected, bias(trainer));
            }
        }
    }

    @Test
    void lossOfOtherLabelsIsComputed() {
        use(
                (trainer, data, labels) -> {
                    NDList predictions = trainer.forward(data, labels);
                    NDList others = new NDList(labels.head().mul(0));
                    float expected =
                            Loss.softmaxCrossEntropyLoss().evaluate(others, predictions).getFloat();
                    assertEquals(
                            expected, trainer.getLoss().evaluate(others, predictions).getFloat());
                });
    }

    @Test
    void wrongUseIsAnError() {
        use(
                (trainer, data, labels) -> {
                    assertThrows(IllegalStateException.class, trainer::step);
                    assertThrows(UnsupportedOperationException.class, () -> trainer.forward(data));
                    NDList predictions = trainer.forward(data, labels);
                    try (GradientCollector collector = trainer.newGradientCollector()) {
                        NDArray other = predictions.head().sum();
                        assertThrows(IllegalStateException.class, () -> collector.backward(other));
                        NDArray loss = trainer.getLoss().evaluate(labels, predictions);
                        collector.backward(loss);
                        assertThrows(IllegalStateException.class, () -> collector.backward(loss));
                        collector.zeroGradients();
                    }
                    assertThrows(IllegalStateException.class, trainer::step);
                });
    }

    @Test
    void scriptIsPrintedWithLinesOfJava() {
        use(
                (trainer, data, labels) -> {
                    backward(trainer, data, labels);
                    assertTrue(trainer.script().contains("# Linear.java:"), trainer.script());
                    assertEquals(1, trainer.counts().compiled());
                });
    }
}
