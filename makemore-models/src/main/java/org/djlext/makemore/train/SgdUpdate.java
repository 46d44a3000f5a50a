/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedStep;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/** Stochastic gradient descent without momentum, the lectures' {@code p.data += -lr * p.grad}. */
public final class SgdUpdate extends ParameterUpdate {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def sgd(weights: List[Tensor], lr: float, decay: float):
                        for w in weights:
                            g: Optional[Tensor] = w.grad
                            if g is not None:
                                if decay != 0.0:
                                    w.mul_(1.0 - lr * decay)
                                w.add_(g, alpha=-lr)
                                g.zero_()
                    """);
    private static final ScriptFunction SGD = SCRIPT.function("sgd");

    private final double weightDecay;

    /**
     * Prepares updates.
     *
     * @param parameters the parameters, initialized
     * @param weightDecay how fast they decay: each step takes off rate times this part; 0 for none
     */
    public SgdUpdate(Collection<Parameter> parameters, double weightDecay) {
        super(parameters);
        this.weightDecay = weightDecay;
    }

    @Override
    public @Nullable FusedStep fused(int positions, List<FusedLayer> layers, double clip) {
        // A parameter is updated before the norm of all gradients could be known.
        return weightDecay == 0 && clip == 0 ? FusedStep.sgd(positions, layers) : null;
    }

    @Override
    protected void update(double rate) {
        SGD.call(weights(), rate, weightDecay);
    }

    /**
     * Updates arrays by the gradients that the engine holds for them, and sets those to zero.
     *
     * @param weights the arrays
     * @param rate the learning rate
     */
    public static void apply(NDList weights, double rate) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            SGD.call(weights, rate, 0);
        }
    }

    @Override
    public Map<String, NDArray> state() {
        return Map.of();
    }

    @Override
    public void close() {
        // There is no state.
    }
}
