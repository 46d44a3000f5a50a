/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;

/**
 * The lectures' {@code g = torch.Generator().manual_seed(seed)}: the same calls in the same order
 * give the same numbers, bit for bit, as in PyTorch on a CPU.
 *
 * <p>It is the engine's one generator for the CPU, so only one of these can be in use at a time,
 * and other random operations of the process move it on. Numbers are drawn on the CPU and then
 * brought to the manager's device, so that they do not depend on the device.
 */
public final class TorchGenerator {

    /**
     * Seeds the engine's generator.
     *
     * @param seed the seed; the lectures use 2147483647
     */
    public TorchGenerator(long seed) {
        // Engine.setRandomSeed takes an int, and the lectures' 2147483647 + 10 is none.
        JniUtils.setSeed(seed);
    }

    /**
     * Draws what {@code torch.randn(shape, generator=g)} draws.
     *
     * @param manager the manager of the result
     * @param sizes its shape
     * @return numbers of the standard normal distribution, FLOAT32
     */
    public NDArray randn(NDManager manager, long... sizes) {
        NDArray array =
                manager.randomNormal(0, 1, new Shape(sizes), DataType.FLOAT32, Device.cpu());
        return array.toDevice(manager.getDevice(), false);
    }

    /**
     * Draws what {@code torch.randint(0, high, (count,), generator=g)} draws.
     *
     * @param manager a manager for the work
     * @param high one more than the largest number
     * @param count how many
     * @return numbers from 0 to high - 1
     */
    public long[] randint(NDManager manager, long high, int count) {
        try (NDManager cpu = manager.newSubManager(Device.cpu());
                NDArray array = cpu.randomInteger(0, high, new Shape(count), DataType.INT64)) {
            return array.toLongArray();
        }
    }

    /**
     * Draws what {@code torch.multinomial(probs, 1, generator=g)} draws: the largest of probs /
     * exponential, with one exponential number each.
     *
     * @param manager a manager for the work
     * @param probs weights that are not negative
     * @return the index of the one that was drawn
     */
    public int multinomial(NDManager manager, float[] probs) {
        double[] uniform;
        try (NDManager cpu = manager.newSubManager(Device.cpu());
                NDArray array =
                        cpu.randomUniform(0, 1, new Shape(probs.length), DataType.FLOAT64)) {
            uniform = array.toDoubleArray();
        }
        int best = 0;
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < probs.length; i++) {
            float exponential = (float) -Math.log1p(-uniform[i]);
            float score = probs[i] / exponential;
            if (score > largest) {
                largest = score;
                best = i;
            }
        }
        return best;
    }
}
