/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/**
 * Steps that minimize the mean cross entropy of a network, forward, hand-written backward and
 * update, as one script of the engine.
 */
public final class FusedStep {

    /** The label of a row that has none, as in the makemore program. */
    public static final int IGNORED = -1;

    // So many indices are worth a call of their own: what a call costs beside is nothing then, and
    // what they take is some megabytes.
    private static final int INDICES = 51_200;
    // Buffers are made in each call, which should not happen in each step.
    private static final int FEWEST_STEPS = 4;

    // The scripts stay: there is one for each kind of network.
    private static final Map<String, TorchScript> COMPILED = new ConcurrentHashMap<>();

    private static final NDList NONE = new NDList();

    private final List<Object> arguments = new ArrayList<>();
    private final int positions;
    private final ScriptFunction steps;
    private final String prepared;

    /**
     * What AdamW keeps of some parameters.
     *
     * @param weights the parameters
     * @param means the mean gradient of each
     * @param squares the mean squared gradient of each
     */
    public record AdamWGroup(NDList weights, NDList means, NDList squares) {

        /** Makes a group without parameters. */
        public AdamWGroup() {
            this(new NDList(), new NDList(), new NDList());
        }
    }

    /**
     * AdamW, whose state the steps move on.
     *
     * @param decayed the parameters that decay, in the order of the network
     * @param kept the others
     * @param count the number of steps so far, a scalar
     * @param beta1 how much of the mean gradient is kept
     * @param beta2 how much of the mean squared gradient is kept
     * @param weightDecay how fast parameters decay
     * @param eps what is added to the root
     * @param clip the largest norm of all gradients together, 0 for no limit
     */
    public record AdamW(
            AdamWGroup decayed,
            AdamWGroup kept,
            NDArray count,
            double beta1,
            double beta2,
            double weightDecay,
            double eps,
            double clip) {

        private List<Boolean> decays(NDList network) {
            List<Boolean> decays = new ArrayList<>();
            int place = 0;
            for (NDArray weight : network) {
                // By identity: to NDArray, equal is what has equal numbers.
                boolean decay =
                        place < decayed.weights.size() && decayed.weights.get(place) == weight;
                place += decay ? 1 : 0;
                decays.add(decay);
            }
            return decays;
        }

        /** Returns the lists that the script takes of a group. */
        private List<NDList> lists(AdamWGroup group) {
            NDList counts = new NDList();
            group.weights.forEach(weight -> counts.add(count));
            return List.of(group.weights, group.means, group.squares, counts);
        }
    }

    /** Gives the state of AdamW for some parameters. */
    @FunctionalInterface
    public interface AdamWState {
        /**
         * Returns the state.
         *
         * @param weights the parameters of a network, in its order
         * @return their state
         */
        AdamW of(NDList weights);
    }

    private FusedStep(
            StepCode.Update update,
            int positions,
            List<FusedLayer> layers,
            @Nullable AdamWState state) {
        this.positions = positions;
        StepCode code = new StepCode(update, positions);
        List<Runnable> backward = new ArrayList<>();
        int last = layers.size() - 1;
        layers.subList(0, last).forEach(layer -> backward.add(layer.write(code)));
        backward.add(layers.get(last).writeLogits(code));
        code.weights().forEach(FusedStep::checkType);
        String logits = code.x();
        backward.add(crossEntropy(code));
        Collections.reverse(backward);
        backward.forEach(Runnable::run);
        AdamW adamW = state == null ? null : state.of(code.weights());
        arguments.add(code.arrays());
        arguments.addAll(adamW == null ? Collections.nCopies(4, NONE) : adamW.lists(adamW.decayed));
        arguments.addAll(adamW == null ? Collections.nCopies(4, NONE) : adamW.lists(adamW.kept));
        arguments.add(adamW == null ? code.arrays().get(0) : adamW.count);
        arguments.add(
                adamW == null
                        ? new double[0]
                        : new double[] {
                            adamW.beta1, adamW.beta2, adamW.weightDecay, adamW.eps, adamW.clip
                        });
        List<Boolean> decays = adamW == null ? List.of() : adamW.decays(code.weights());
        steps = compile(code.script(decays)).function("steps");
        prepared = code.preparedScript(decays, logits);
    }

    /** The steps keep sums and moments in the type of the parameters, which a half is not for. */
    private static void checkType(NDArray weight) {
        DataType type = weight.getDataType();
        if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
            throw new IllegalArgumentException(
                    "fused steps take parameters of type float32 or float64, but one of shape "
                            + weight.getShape()
                            + " is "
                            + type
                            + "; train it with the gradients of the engine");
        }
    }

    private static TorchScript compile(String script) {
        return COMPILED.computeIfAbsent(script, TorchScript::compile);
    }

    /**
     * Makes steps of plain gradient descent.
     *
     * @param positions the number of indices of an example
     * @param layers the layers, in their order: an embedding first, and logits at the end; their
     *     parameters are updated in place
     * @return the steps
     */
    public static FusedStep sgd(int positions, List<FusedLayer> layers) {
        return new FusedStep(StepCode.Update.SGD, positions, layers, null);
    }

    /**
     * Makes steps of AdamW.
     *
     * @param positions the number of indices of an example
     * @param layers the layers, in their order: an embedding first, and logits at the end; their
     *     parameters are updated in place
     * @param state gives the optimizer's state
     * @return the steps
     */
    public static FusedStep adamW(int positions, List<FusedLayer> layers, AdamWState state) {
        return new FusedStep(StepCode.Update.ADAMW, positions, layers, state);
    }

    private static Runnable crossEntropy(StepCode code) {
        String logits = code.x();
        code.declare("logprobs = torch.empty_like(%s)", logits);
        code.line("torch._log_softmax(%s, 1, False, out=logprobs)", logits);
        Runnable backward = code.isOneLabel() ? product(code, logits) : negativeLikelihood(code);
        code.lossIsKnown();
        code.line("losses.append(float(loss))");
        // The parameters stay those of the last good step.
        code.line("if not math.isfinite(losses[i]):");
        code.line("    break");
        // dlogits = (softmax - onehot) / n
        return () -> {
            backward.run();
            code.line(
                    "torch._log_softmax_backward_data(d, logprobs, 1, %s.dtype, out=%s)",
                    logits, code.gradient(logits));
        };
    }

    /** Where no label is left out the loss is one product, whose gradient is the other factor. */
    private static Runnable product(StepCode code, String logits) {
        String targets = code.targets(logits);
        code.declare("flat = logprobs.view(-1)");
        code.line("d = %s[i]", targets);
        code.line("loss = torch.dot(flat, d.view(-1))");
        return () -> {};
    }

    private static Runnable negativeLikelihood(StepCode code) {
        code.line(
                "loss, total = torch.nll_loss_forward(logprobs, labels[i], None, 1, %d)", IGNORED);
        return () ->
                code.line(
                        "d = torch.nll_loss_backward(one, logprobs, labels[i], None, 1, %d, total)",
                        IGNORED);
    }

    /**
     * Returns how many steps it makes sense to do in one call.
     *
     * @param batchSize the number of examples of a step
     * @return the number, at least 1
     */
    public int stepsPerCall(int batchSize) {
        return (int) Math.max(FEWEST_STEPS, INDICES / ((long) batchSize * positions));
    }

    /**
     * Trains.
     *
     * @param x the indices of the batches, (steps, n, positions), INT64
     * @param y the labels of the batches, (steps, n) or (steps, n, positions), INT64; {@link
     *     #IGNORED} for none, if an example has more than one
     * @param rates the learning rate of each step
     * @return the loss of each batch before its update; the last one may be no number, then there
     *     were no updates from it on
     */
    public double[] run(NDArray x, NDArray y, double[] rates) {
        try (NDArray losses = call(steps, x, y, rates).singletonOrThrow()) {
            return losses.toDoubleArray();
        }
    }

    /**
     * Prepares steps of batches of one size, of which each call does one or a few.
     *
     * @param manager the manager of their buffers, of the parameters' device
     * @param batchSize the number of examples of a step
     * @return the steps, to be closed after the last
     */
    public PreparedStep prepare(NDManager manager, int batchSize) {
        return new PreparedStep(manager, compile(prepared), batchSize, arguments);
    }

    private NDList call(ScriptFunction function, NDArray x, NDArray y, double[] rates) {
        List<Object> all = new ArrayList<>();
        all.add(x);
        all.add(y);
        all.addAll(arguments);
        all.add(rates);
        try (Autograd.Scope scope = Autograd.noGrad()) {
            return function.call(all.toArray());
        }
    }
}
