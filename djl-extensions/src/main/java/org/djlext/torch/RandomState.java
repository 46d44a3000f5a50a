/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import org.djlext.internal.NativeHooks;

/**
 * The state of the engine's random generators, to be put back later: {@code torch.get_rng_state}
 * and {@code set_rng_state}. With it a computation can be repeated with the same random numbers,
 * and training resumed where it stopped.
 */
public final class RandomState {

    private RandomState() {}

    /**
     * Returns the state of a device's generator.
     *
     * @param manager the manager of the result
     * @param device the device whose generator is meant
     * @return the state as bytes, on the CPU; to be saved as it is
     */
    public static NDArray get(NDManager manager, Device device) {
        NativeHooks.ensureLoaded();
        return new PtNDArray((PtNDManager) manager, NativeHooks.randomState(number(device)));
    }

    /**
     * Puts back a state that {@link #get} has returned.
     *
     * @param state the state
     * @param device the device whose generator is meant
     */
    public static void set(NDArray state, Device device) {
        NativeHooks.ensureLoaded();
        NativeHooks.setRandomState(number(device), NativeHooks.handle((PtNDArray) state));
    }

    /**
     * Seeds the generators of all devices, as {@code torch.manual_seed} does. {@code
     * Engine.setRandomSeed} takes an int; this takes every seed that PyTorch takes.
     *
     * @param seed the seed
     */
    public static void seed(long seed) {
        NativeHooks.ensureLoaded();
        JniUtils.setSeed(seed);
    }

    private static int number(Device device) {
        return device.isGpu() ? device.getDeviceId() : -1;
    }
}
