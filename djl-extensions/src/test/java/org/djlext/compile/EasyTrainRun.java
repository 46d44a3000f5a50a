/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
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
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Trains DJL's own MLP under EasyTrain with DJL's Trainer and with a compiled one, in turns.
 *
 * <p>Run as a program it measures processor time, one thread, round by round.
 */
final class EasyTrainRun {

    static final int BATCH = 32;

    private EasyTrainRun() {}

    /** What a training has come to. */
    record Result(double microsecondsPerStep, List<Float> losses) {}

    static Block mlp() {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(128).build())
                .add(Activation::relu)
                .add(Linear.builder().setUnits(64).build())
                .add(Activation::relu)
                .add(Linear.builder().setUnits(10).build());
    }

    static Optimizer sgd() {
        return Small.sgd(0.05);
    }

    static Optimizer adam() {
        return Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.001f)).build();
    }

    /** Examples whose class is the place of the largest of their first numbers. */
    static ArrayDataset dataset(NDArray data, int classes, int batch) {
        NDArray labels = data.get(":, :" + classes).argMax(1).toType(DataType.FLOAT32, false);
        return new ArrayDataset.Builder()
                .setData(data)
                .optLabels(labels)
                .setSampling(batch, false)
                .build();
    }

    /** Trains for a number of steps. */
    static Result train(
            BiFunction<Model, TrainingConfig, Trainer> trainers, Optimizer optimizer, int steps)
            throws Exception {
        Engine.getInstance().setRandomSeed(1);
        List<Float> losses = new ArrayList<>();
        try (Model model = Model.newInstance("mlp", Device.cpu());
                NDManager manager = NDManager.newBaseManager()) {
            model.setBlock(mlp());
            DefaultTrainingConfig config =
                    Small.config(Loss.softmaxCrossEntropyLoss(), optimizer)
                            .addTrainingListeners(new LossListener(losses));
            NDArray data = manager.randomNormal(new Shape((long) steps * BATCH, 784));
            ArrayDataset dataset = dataset(data, 10, BATCH);
            try (Trainer trainer = trainers.apply(model, config)) {
                trainer.initialize(new Shape(BATCH, 784));
                long begin = processorTime();
                EasyTrain.fit(trainer, 1, dataset, null);
                double took = (processorTime() - begin) / 1e3;
                return new Result(took / steps, losses);
            }
        }
    }

    // Of this thread, which does it all: what else the machine does counts less.
    private static long processorTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static final class LossListener extends TrainingListenerAdapter {

        private final List<Float> losses;

        LossListener(List<Float> losses) {
            this.losses = losses;
        }

        @Override
        public void onTrainingBatch(Trainer trainer, BatchData batch) {
            Device device = Device.cpu();
            losses.add(
                    trainer.getLoss()
                            .evaluate(
                                    batch.getLabels().get(device),
                                    batch.getPredictions().get(device))
                            .getFloat());
        }
    }

    public static void main(String[] args) throws Exception {
        int steps = args.length > 0 ? Integer.parseInt(args[0]) : 2000;
        for (String name : new String[] {"SGD", "Adam"}) {
            Supplier<Optimizer> optimizer =
                    name.equals("SGD") ? EasyTrainRun::sgd : EasyTrainRun::adam;
            for (int round = 0; round < 6; round++) {
                Result plain = train(Model::newTrainer, optimizer.get(), steps);
                Result compiled = train(CompiledTrainer::new, optimizer.get(), steps);
                double worst = 0;
                for (int i = 0; i < 500; i++) {
                    worst = Math.max(worst, Math.abs(plain.losses.get(i) - compiled.losses.get(i)));
                }
                System.out.printf(
                        "%s: DJL %.0f us, compiled %.0f us, %.2f times; largest difference of 500"
                                + " losses %.1e%n",
                        name,
                        plain.microsecondsPerStep,
                        compiled.microsecondsPerStep,
                        plain.microsecondsPerStep / compiled.microsecondsPerStep,
                        worst);
            }
        }
    }
}
