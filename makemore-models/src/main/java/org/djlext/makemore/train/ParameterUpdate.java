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
import org.djlext.autograd.GradientClipping;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedStep;
import org.jspecify.annotations.Nullable;

/**
 * Updates all parameters of a model by their gradients in one call of the engine, and sets the
 * gradients to zero.
 *
 * <p>DJL's own optimizers, and {@link org.djlext.optim.TorchAdamW}, are asked for one parameter at
 * a time by a DJL Trainer; on networks as small as these the calls would cost more than the
 * arithmetic. The numbers are the same.
 */
public abstract class ParameterUpdate implements AutoCloseable {

    private final NDList weights;

    /**
     * Prepares updates.
     *
     * @param parameters the parameters, initialized
     */
    protected ParameterUpdate(Collection<Parameter> parameters) {
        weights = new NDList(parameters.stream().map(Parameter::getArray).toList());
    }

    /**
     * Returns the parameters' values.
     *
     * @return the arrays themselves, in the order of the parameters
     */
    protected final NDList weights() {
        return weights;
    }

    /**
     * Updates the parameters by the gradients that the engine holds for them.
     *
     * @param rate the learning rate
     */
    public final void step(double rate) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            update(rate);
        }
    }

    /**
     * Scales all gradients so that their common norm is at most a limit, as {@code
     * torch.nn.utils.clip_grad_norm_} does.
     *
     * @param limit the largest norm
     * @return the norm before
     */
    public final double clip(double limit) {
        return GradientClipping.byNorm(weights, limit);
    }

    /**
     * Updates the parameters and sets the gradients to zero; recording is off.
     *
     * @param rate the learning rate
     */
    protected abstract void update(double rate);

    /**
     * Returns what goes into a checkpoint beside the parameters.
     *
     * @return the arrays themselves by their names; a checkpoint is read by writing into them
     */
    public abstract Map<String, NDArray> state();

    /**
     * Returns fused steps that end with this update.
     *
     * @param positions the number of indices of an example
     * @param layers the network
     * @param clip the largest norm of all gradients together, 0 for no limit
     * @return the steps, or null if there are none with these settings
     */
    public abstract @Nullable FusedStep fused(int positions, List<FusedLayer> layers, double clip);

    /** Frees the state. */
    @Override
    public abstract void close();
}
