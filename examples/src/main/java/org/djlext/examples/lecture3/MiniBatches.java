/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture3;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.TrainingLoop;

/**
 * All examples in each step, or 32 drawn ones: the gradient of a mini-batch points only roughly
 * where that of all examples does, but many rough steps get further than a few exact ones.
 */
public final class MiniBatches extends Lab {

    private static final int STEPS = 1000;
    private static final int FULL_STEPS = 10;
    private static final String WEIGHT = "layers.2.weight";

    /** Creates the experiment. */
    public MiniBatches() {}

    @Override
    protected void run() {
        ModelConfig config = firstMlp(vocabSize());
        ContextModel model = draw(config, SEED);
        try (NDManager manager = this.manager.newSubManager()) {
            Examples train = train(model);
            NDArray exact = gradient(model, train.slice(manager, 0, train.size()));
            out.line("%,d examples; cosine of the angle between gradients of W1:", train.size());
            for (int size : new int[] {32, 320, 3200}) {
                double angle = cosine(exact, gradient(model, train.draw(manager, size)));
                out.line("  %4d examples and all of them: %.3f", size, angle);
            }
        }
        train(config, 0, FULL_STEPS);
        train(config, BATCH_SIZE, steps(STEPS));
    }

    private void train(ModelConfig config, int batchSize, int steps) {
        ContextModel model = draw(config, SEED);
        Examples train = train(model);
        TrainingLoop loop = loop(model, train, batchSize, rate(0.1));
        long start = System.nanoTime();
        train(loop, steps);
        double seconds = (System.nanoTime() - start) / 1e9;
        double loss = Evaluation.loss(manager, model, train);
        out.line(
                "%5d steps on %s: %.2f s, loss of all examples %.4f",
                steps, batchSize == 0 ? "all examples" : batchSize + " examples", seconds, loss);
    }

    private static NDArray gradient(ContextModel model, Examples.Batch batch) {
        NDManager manager = batch.x().getManager();
        NDArray weight = parameter(model, WEIGHT);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray logits = model.call(new ParameterStore(manager, false), batch.x(), true);
            collector.backward(model.loss(logits, batch.y()));
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDArray gradient = Autograd.gradient(weight)) {
            NDArray copy = gradient.flatten().duplicate();
            copy.attach(manager);
            // The engine would add the next one to it.
            gradient.muli(0);
            return copy;
        }
    }

    private static double cosine(NDArray a, NDArray b) {
        return a.mul(b).sum().getFloat() / (a.norm().getFloat() * b.norm().getFloat());
    }
}
