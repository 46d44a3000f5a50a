/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.model.BigramNet;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.Reduction;

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
 * <p>With {@link Gradients#MANUAL} the cross entropy and the net are differentiated by hand-written
 * rules, in the same backward pass in which the engine differentiates the penalty.
 */
public final class BigramDescent {

    private final BigramNet net;
    private final NDArray xs;
    private final NDArray ys;
    private final double regularization;
    private final Gradients gradients;
    private final ParameterStore parameters;

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
                    "xs and ys must have one shape (n), but have "
                            + xs.getShape()
                            + " and "
                            + ys.getShape());
        }
        this.net = net;
        this.xs = xs;
        this.ys = ys;
        this.regularization = regularization;
        this.gradients = gradients;
        parameters = new ParameterStore(xs.getManager(), false);
    }

    /**
     * Computes the losses, without a step.
     *
     * @return the losses
     */
    public Losses losses() {
        try (Autograd.Scope noGrad = Autograd.noGrad();
                NDScope scope = new NDScope()) {
            NDArray nll = nll();
            return new Losses(total(nll).getFloat(), nll.getFloat());
        }
    }

    /**
     * Computes the gradient, without a step.
     *
     * @param manager the manager of the result
     * @return dloss/dW, (V, V)
     */
    public NDArray gradient(NDManager manager) {
        NDArray gradient;
        try (NDScope scope = new NDScope()) {
            backward();
            gradient = net.weight().getGradient().duplicate();
            NDScope.unregister(gradient);
        }
        clearGradient();
        gradient.attach(manager);
        return gradient;
    }

    /**
     * Takes a step.
     *
     * @param rate the learning rate; the lecture's is 50
     * @return the losses before the step
     */
    public Losses step(double rate) {
        Losses losses;
        // What a step makes dies with it: a result in the model's manager would stay.
        try (NDScope scope = new NDScope()) {
            losses = backward();
            try (Autograd.Scope noGrad = Autograd.noGrad()) {
                NDArray w = net.weight();
                w.subi(w.getGradient().mul(rate));
            }
        }
        clearGradient();
        return losses;
    }

    private Losses backward() {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray nll = nll();
            NDArray total = total(nll);
            collector.backward(total);
            return new Losses(total.getFloat(), nll.getFloat());
        }
    }

    private NDArray nll() {
        try (Autograd.Scope way = gradients.scope()) {
            NDArray logits = net.forward(parameters, new NDList(xs), true).get(0); // (n, V)
            return new CrossEntropyFunction(Reduction.MEAN, null).apply(logits, ys);
        }
    }

    private NDArray total(NDArray nll) {
        if (regularization == 0) {
            return nll;
        }
        return nll.add(net.weight().square().mean().mul((float) regularization));
    }

    // Gradients add up from one backward to the next: PyTorch's W.grad = None.
    private void clearGradient() {
        JniUtils.zeroGrad((PtNDArray) net.weight());
    }
}
