/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.model.BigramNet;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;

/**
 * Gradient descent on all examples at once, as lecture 2 trains its net.
 *
 * <pre>
 * loss = mean of -log p(y) over all examples + reg * mean of W^2 over all V^2 weights
 * W   &lt;- W - rate dloss/dW
 * </pre>
 *
 * <p>The second part pulls every weight towards 0, and so all probabilities towards 1 / V, as fake
 * counts do in {@link BigramCounts}. It is a mean, so that reg means the same for any V.
 *
 * <p>The gradient of the second part is 2 reg / V^2 W, so it is a weight decay of the optimizer.
 */
public final class BigramDescent {

    private final BigramNet net;
    private final NDArray xs;
    private final NDArray ys;
    private final double regularization;
    private final Loss loss = new CrossEntropyLoss();
    private final TrainingSteps steps;

    /**
     * A loss and its first part.
     *
     * @param total what is minimized
     * @param nll the mean of the negative log likelihood, which is total without the penalty
     */
    public record Losses(float total, float nll) {}

    /**
     * Takes the net and its examples.
     *
     * @param net an initialized net, trained in place
     * @param xs characters, (n), INT64
     * @param ys those that come after them, (n), INT64
     * @param regularization reg, 0 or more; the lecture's is 0.01
     * @param gradients how gradients are computed: MANUAL or ENGINE
     */
    public BigramDescent(
            BigramNet net, NDArray xs, NDArray ys, double regularization, Gradients gradients) {
        if (gradients == Gradients.COMPILED) {
            throw new IllegalArgumentException(
                    "a descent on bigrams is recorded, by MANUAL or ENGINE gradients, but got"
                            + " COMPILED");
        }
        if (!(regularization >= 0 && regularization < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "regularization must be 0 or more, but got " + regularization);
        }
        if (xs.getShape().dimension() != 1 || !xs.getShape().equals(ys.getShape())) {
            throw new IllegalArgumentException(
                    "xs and ys must have one shape (n), but have %s and %s"
                            .formatted(xs.getShape(), ys.getShape()));
        }
        this.net = net;
        this.xs = xs;
        this.ys = ys;
        this.regularization = regularization;
        double decay = 2 * regularization / net.weight().size();
        TorchOptimizer sgd = TorchSgd.builder().optWeightDecay(decay).build();
        steps = new TrainingSteps(xs.getManager(), net, loss, sgd, 0, gradients);
    }

    /**
     * {@return the losses, without a step}
     *
     * @throws TrainingException if they are NaN or infinite
     */
    public Losses losses() {
        try (Autograd.Scope noGrad = Autograd.noGrad();
                NDScope scope = new NDScope()) {
            NDArray logits = net.call(new ParameterStore(xs.getManager(), false), xs, false);
            return losses(loss.evaluate(new NDList(ys), new NDList(logits)).getFloat());
        }
    }

    private Losses losses(float nll) {
        if (!Float.isFinite(nll)) {
            throw new TrainingException(
                    "training of the net stopped, because the loss is "
                            + nll
                            + "; try a lower learning rate");
        }
        float penalty = net.weight().square().mean().mul((float) regularization).getFloat();
        return new Losses(nll + penalty, nll);
    }

    /**
     * Takes a step.
     *
     * @param rate the learning rate; the lecture's is 50
     * @return the losses before the step
     * @throws TrainingException if they are NaN or infinite
     */
    public Losses step(double rate) {
        // What a step makes dies with it: a result in the model's manager would stay.
        try (NDScope scope = new NDScope()) {
            float nll = (float) steps.backward(xs, ys, 1);
            try (Autograd.Scope noGrad = Autograd.noGrad()) {
                Losses losses = losses(nll);
                steps.update(rate);
                return losses;
            }
        }
    }
}
