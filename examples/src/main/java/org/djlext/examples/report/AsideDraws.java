/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.torch.RandomState;

/**
 * Draws random numbers beside a training without changing it: closing it puts the engine's
 * generators back to where they were.
 */
final class AsideDraws implements AutoCloseable {

    private final NDManager states = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    private final Map<Device, NDArray> before = new LinkedHashMap<>();

    /** Begins, for the generators of the CPU and of a device. */
    AsideDraws(Device device) {
        before.put(Device.cpu(), RandomState.get(states, Device.cpu()));
        if (device.isGpu()) {
            before.put(device, RandomState.get(states, device));
        }
    }

    @Override
    public void close() {
        before.forEach((device, state) -> RandomState.set(state, device));
        states.close();
    }
}
