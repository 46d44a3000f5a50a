/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedStep;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/**
 * AdamW as PyTorch computes it, by its fused kernel.
 *
 * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter, 2017</a>
 */
public final class AdamWUpdate extends ParameterUpdate {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def adamw(weights: List[Tensor], means: List[Tensor], squares: List[Tensor],
                              step, lr: float, beta1: float, beta2: float, decay: float,
                              eps: float):
                        grads: List[Tensor] = []
                        steps: List[Tensor] = []
                        none: List[Tensor] = []
                        for w in weights:
                            g: Optional[Tensor] = w.grad
                            grads.append(torch.zeros_like(w) if g is None else g)
                            steps.append(step)
                        torch._fused_adamw_(
                            weights, grads, means, squares, none, steps, lr=lr, beta1=beta1,
                            beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False,
                            maximize=False)
                        for g in grads:
                            g.zero_()
                    """);
    private static final ScriptFunction ADAMW = SCRIPT.function("adamw");

    private final Settings settings;
    private final NDManager manager;
    private final Group decayed;
    private final Group notDecayed;
    private final NDArray steps;
    private final Map<String, NDArray> state = new LinkedHashMap<>();

    /**
     * The settings.
     *
     * @param beta1 how much of the mean gradient is kept
     * @param beta2 how much of the mean squared gradient is kept
     * @param eps what is added to the root of the latter
     * @param weightDecay how fast parameters decay
     */
    public record Settings(double beta1, double beta2, double eps, double weightDecay) {
        /** PyTorch's: betas 0.9 and 0.999, eps 1e-8, weight decay 0.01. */
        public static final Settings PYTORCH = new Settings(0.9, 0.999, 1e-8, 0.01);

        /** The makemore program's: betas 0.9 and 0.99, eps 1e-8, weight decay 0.01. */
        public static final Settings MAKEMORE = new Settings(0.9, 0.99, 1e-8, 0.01);

        /**
         * Returns settings with another decay.
         *
         * @param decay how fast parameters decay
         * @return the new settings
         */
        public Settings withWeightDecay(double decay) {
            return new Settings(beta1, beta2, eps, decay);
        }
    }

    private record Group(NDList weights, NDList means, NDList squares) {
        Group() {
            this(new NDList(), new NDList(), new NDList());
        }

        void copy(int place, FusedStep.AdamWGroup to) {
            to.weights().add(weights.get(place));
            to.means().add(means.get(place));
            to.squares().add(squares.get(place));
        }
    }

    /**
     * Prepares updates.
     *
     * @param parent its device is that of the parameters
     * @param parameters the parameters by their names, initialized
     * @param settings the settings
     * @param decays which of the parameters decay
     */
    public AdamWUpdate(
            NDManager parent,
            Map<String, Parameter> parameters,
            Settings settings,
            Predicate<Parameter> decays) {
        super(parameters.values());
        this.settings = settings;
        manager = parent.newSubManager();
        decayed = new Group();
        notDecayed = new Group();
        steps = manager.zeros(new Shape(), DataType.FLOAT32);
        state.put("steps", steps);
        parameters.forEach(
                (name, parameter) -> {
                    NDArray weight = parameter.getArray();
                    Group group = decays.test(parameter) ? decayed : notDecayed;
                    NDArray mean = manager.zeros(weight.getShape(), weight.getDataType());
                    NDArray square = manager.zeros(weight.getShape(), weight.getDataType());
                    group.weights.add(weight);
                    group.means.add(mean);
                    group.squares.add(square);
                    state.put(name + ".mean", mean);
                    state.put(name + ".square", square);
                });
    }

    @Override
    public @Nullable FusedStep fused(int positions, List<FusedLayer> layers, double clip) {
        return FusedStep.adamW(positions, layers, weights -> fusedState(weights, clip));
    }

    private FusedStep.AdamW fusedState(NDList weights, double clip) {
        FusedStep.AdamWGroup decaying = new FusedStep.AdamWGroup();
        FusedStep.AdamWGroup kept = new FusedStep.AdamWGroup();
        for (NDArray weight : weights) {
            int place = place(decayed.weights, weight);
            if (place >= 0) {
                decayed.copy(place, decaying);
            } else {
                notDecayed.copy(place(notDecayed.weights, weight), kept);
            }
        }
        return new FusedStep.AdamW(
                decaying,
                kept,
                steps,
                settings.beta1,
                settings.beta2,
                settings.weightDecay,
                settings.eps,
                clip);
    }

    // By identity: to NDArray, equal is what has equal numbers.
    private static int place(NDList weights, NDArray weight) {
        int place = weights.size() - 1;
        while (place >= 0 && weights.get(place) != weight) {
            place--;
        }
        return place;
    }

    @Override
    protected void update(double rate) {
        steps.addi(1);
        update(decayed, rate, settings.weightDecay);
        update(notDecayed, rate, 0);
    }

    private void update(Group group, double rate, double decay) {
        if (!group.weights.isEmpty()) {
            ADAMW.call(
                    group.weights,
                    group.means,
                    group.squares,
                    steps,
                    rate,
                    settings.beta1,
                    settings.beta2,
                    decay,
                    settings.eps);
        }
    }

    @Override
    public Map<String, NDArray> state() {
        return state;
    }

    @Override
    public void close() {
        manager.close();
    }
}
