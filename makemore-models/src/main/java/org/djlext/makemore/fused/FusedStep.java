/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Steps of plain stochastic gradient descent on the mean cross entropy of a network, forward,
 * hand-written backward and update, as one script of the engine.
 */
public final class FusedStep {

    // So many examples are worth a call of their own: what a call costs beside is nothing then.
    private static final int EXAMPLES = 3200;

    // The scripts stay: there is one for each kind of network.
    private static final Map<String, ScriptFunction> COMPILED = new ConcurrentHashMap<>();

    private final NDList arrays;
    private final ScriptFunction steps;

    /**
     * Compiles the step of a network.
     *
     * @param positions the number of indices of an example
     * @param layers the layers, in their order: an embedding first, and logits at the end; their
     *     parameters are updated in place
     */
    public FusedStep(int positions, List<FusedLayer> layers) {
        StepCode code = new StepCode(positions);
        List<Runnable> backward = new ArrayList<>();
        layers.forEach(layer -> backward.add(layer.write(code)));
        backward.add(crossEntropy(code));
        Collections.reverse(backward);
        backward.forEach(Runnable::run);
        arrays = code.arrays();
        steps =
                COMPILED.computeIfAbsent(
                        code.script(), text -> TorchScript.compile(text).function("steps"));
    }

    private static Runnable crossEntropy(StepCode code) {
        String logits = code.x();
        code.line("logprobs = torch.log_softmax(%s, 1)", logits);
        code.line("loss, total = torch.nll_loss_forward(logprobs, labels[i], None, 1, -100)");
        code.line("losses.append(float(loss))");
        // The parameters stay those of the last good step.
        code.line("if not math.isfinite(losses[i]):");
        code.line("    break");
        // dlogits = (softmax - onehot) / n
        return () -> {
            code.line(
                    "d = torch.nll_loss_backward(one, logprobs, labels[i], None, 1, -100, total)");
            code.line("d = torch._log_softmax_backward_data(d, logprobs, 1, %s.dtype)", logits);
        };
    }

    /**
     * Returns how many steps it makes sense to do in one call.
     *
     * @param batchSize the number of examples of a step
     * @return the number, at least 1
     */
    public static int stepsPerCall(int batchSize) {
        return Math.max(1, EXAMPLES / batchSize);
    }

    /**
     * Trains.
     *
     * @param x the indices of the batches, (steps, B, positions), INT64
     * @param y the labels of the batches, (steps, B), INT64
     * @param rates the learning rate of each step
     * @return the loss of each batch before its update; the last one may be no number, then there
     *     were no updates from it on
     */
    public double[] run(NDArray x, NDArray y, double[] rates) {
        try (Autograd.Scope scope = Autograd.noGrad();
                NDArray losses = steps.callForArray(arrays, x, y, rates)) {
            return losses.toDoubleArray();
        }
    }
}
