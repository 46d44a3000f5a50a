/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.makemore.train.TrainingRanks;

/**
 * Exercise 4: training with manual gradients and plain SGD.
 *
 * <p>A mini-batch a step, drawn from the generator; the learning rate is 0.1 and, from a given step
 * on, 0.01.
 */
public final class ManualTrainer implements AutoCloseable {

    /**
     * How far manual and engine gradients of a step may be apart. Both round sums over the batch in
     * float32, in a different order; where such a sum nearly cancels, as in a much used row of C,
     * that leaves some 1e-8.
     */
    public static final Tolerance STEP_TOLERANCE = new Tolerance(1e-5, 1e-7);

    private static final double LEARNING_RATE = 0.1;

    private final NDManager manager;
    private final NinjaParameters parameters;
    private final Examples train;
    private final TorchGenerator generator;
    private final TrainingConfig config;
    private final ManualStep step;
    private final NinjaNetwork network;
    private final TrainingLoop loop;

    /**
     * Prepares training.
     *
     * @param manager a manager of the parameters' device
     * @param parameters what is trained, in place
     * @param train the examples
     * @param generator draws the mini-batches
     * @param batchSize the size of a mini-batch, at least 2
     * @param decayAt the step from which the learning rate is 0.01 instead of 0.1
     */
    public ManualTrainer(
            NDManager manager,
            NinjaParameters parameters,
            Examples train,
            TorchGenerator generator,
            int batchSize,
            int decayAt) {
        if (batchSize < 2) {
            throw new IllegalArgumentException(
                    "the batch size must be at least 2, because batch norm divides by n - 1, but is"
                            + " "
                            + batchSize);
        }
        this.manager = manager;
        this.parameters = parameters;
        this.train = train;
        this.generator = generator;
        config =
                TrainingConfig.builder(0)
                        .batchSize(batchSize)
                        .learningRate(LearningRate.stepDecay(LEARNING_RATE, decayAt))
                        .build();
        step = new ManualStep(manager, batchSize, (int) parameters.c().getShape().get(0));
        network = new NinjaNetwork(parameters);
        loop =
                new TrainingLoop(
                        manager, network, train, config, generator.stream(), TrainingRanks.ALONE);
    }

    /** {@return the network that is trained, to be calibrated, evaluated and sampled} */
    public NinjaNetwork network() {
        return network;
    }

    /**
     * Trains with manual gradients alone: what {@link ManualStep} computes, compiled, many steps in
     * a call. Nothing is recorded.
     *
     * @param from the first step
     * @param to the step after the last
     * @param listener is told of each step
     */
    public void train(int from, int to, TrainingLoop.Listener listener) {
        loop.resumeAt(from);
        loop.runTo(to, listener);
    }

    /**
     * Trains with manual gradients and lets the engine compute them too, to compare.
     *
     * @param from the first step
     * @param to the step after the last
     * @param listener is told of each step
     * @return for each parameter the worst agreement over all steps, by {@link #STEP_TOLERANCE}
     */
    public List<GradientComparison> trainComparing(
            int from, int to, TrainingLoop.Listener listener) {
        List<GradientComparison> worst = new ArrayList<>();
        NDList list = parameters.list();
        try {
            for (int i = from; i < to; i++) {
                // Only within the step, so that the listener may look at the network.
                list.forEach(p -> p.setRequiresGradient(true));
                float loss;
                try (NDManager sub = manager.newSubManager()) {
                    long[] rows = generator.randint(sub, train.size(), config.batchSize());
                    Examples.Batch batch = train.gather(sub, rows);
                    NDArray xb = batch.x();
                    NDArray yb = batch.y();
                    ManualStep.Forward forward;
                    try (GradientCollector collector =
                            Engine.getInstance().newGradientCollector()) {
                        forward = step.forward(parameters, xb, yb);
                        collector.backward(forward.loss());
                    }
                    NDList manual = step.backward(forward, parameters, xb, yb);
                    for (int k = 0; k < list.size(); k++) {
                        NDArray engine = list.get(k).getGradient();
                        engine.attach(sub);
                        GradientComparison c =
                                GradientComparison.of(
                                        NinjaParameters.NAMES.get(k),
                                        manual.get(k),
                                        engine,
                                        STEP_TOLERANCE);
                        if (i == from) {
                            worst.add(c);
                        } else {
                            worst.set(k, worst.get(k).and(c));
                        }
                        JniUtils.zeroGrad((PtNDArray) list.get(k));
                    }
                    list.forEach(p -> p.setRequiresGradient(false));
                    update(i, manual);
                    loss = forward.loss().getFloat();
                }
                listener.onStep(i, loss);
            }
        } finally {
            list.forEach(p -> p.setRequiresGradient(false));
        }
        return worst;
    }

    private void update(int i, NDList gradients) {
        NDList list = parameters.list();
        for (int k = 0; k < list.size(); k++) {
            list.get(k).subi(gradients.get(k).muli(config.rateAt(i)));
        }
    }

    /** Frees what is compiled. */
    @Override
    public void close() {
        loop.close();
    }
}
