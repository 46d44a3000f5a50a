/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.Objects;
import java.util.function.Consumer;
import org.djlext.internal.NodePass;

/** The users' functions on one leaf whose gradient has been stored; {@link Hooks#onAccumulated}. */
final class AccumulationHooks extends ArrayHooks<Consumer<NDArray>> {

    private final Device device;

    private AccumulationHooks(Device device) {
        this.device = device;
    }

    static AccumulationHooks of(PtNDArray leaf) {
        Device device = leaf.getDevice();
        return of(leaf, true, AccumulationHooks.class, () -> new AccumulationHooks(device));
    }

    @Override
    public void backward(NodePass pass) {
        try (NDManager manager = NDManager.newBaseManager(device, "PyTorch");
                Autograd.Scope scope = Autograd.noGrad()) {
            PtNDArray array = Objects.requireNonNull(pass.gradient(0, (PtNDManager) manager));
            for (Hook<Consumer<NDArray>> hook : hooks) {
                try {
                    hook.function.accept(array);
                } catch (Throwable e) {
                    throw new IllegalStateException("the hook on " + hook.what + " threw " + e, e);
                }
            }
        }
    }
}
