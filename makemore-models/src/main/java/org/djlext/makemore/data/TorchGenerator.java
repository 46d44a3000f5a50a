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
import org.djlext.torch.RandomStream;

/**
 * The lectures' {@code g = torch.Generator().manual_seed(seed)}: the same calls in the same order
 * give the same numbers, bit for bit, as in PyTorch on a CPU.
 *
 * <p>Each generator has its own {@linkplain RandomStream stream}, which nothing else moves on.
 * Numbers are drawn on the CPU and then brought to the manager's device, so that they do not depend
 * on the device.
 */
public final class TorchGenerator {

    private final RandomStream stream;

    /**
     * Makes a generator.
     *
     * @param seed the seed; the lectures use 2147483647
     */
    public TorchGenerator(long seed) {
        stream = new RandomStream(seed);
    }

    /**
     * {@return the stream of the numbers, with which to run other work that draws from the engine,
     * such as an initializer}
     */
    public RandomStream stream() {
        return stream;
    }

    /**
     * {@return what {@code torch.randn(shape, generator=g)} draws, FLOAT32}
     *
     * @param manager the manager of the result
     * @param sizes its shape
     */
    public NDArray randn(NDManager manager, long... sizes) {
        Shape shape = new Shape(sizes);
        NDArray array =
                stream.run(() -> manager.randomNormal(0, 1, shape, DataType.FLOAT32, Device.cpu()));
        return array.toDevice(manager.getDevice(), false);
    }

    /**
     * {@return what {@code torch.rand(shape, generator=g)} draws: numbers from 0, which may occur,
     * to 1, which may not; FLOAT32}
     *
     * @param manager the manager of the result
     * @param sizes its shape
     */
    public NDArray rand(NDManager manager, long... sizes) {
        Shape shape = new Shape(sizes);
        NDArray array =
                stream.run(
                        () -> manager.randomUniform(0, 1, shape, DataType.FLOAT32, Device.cpu()));
        return array.toDevice(manager.getDevice(), false);
    }

    /**
     * {@return what {@code torch.randint(0, high, (count,), generator=g)} draws}
     *
     * @param manager a manager for the work
     * @param high one more than the largest number
     * @param count how many
     */
    public long[] randint(NDManager manager, long high, int count) {
        return stream.run(() -> integers(manager, high, count));
    }

    /**
     * {@return what {@code torch.randint(0, high, (count,))} draws from the engine's generator} It
     * is that of the CPU, so that the numbers do not depend on the device.
     *
     * @param manager a manager for the work
     * @param high one more than the largest number
     * @param count how many
     */
    public static long[] integers(NDManager manager, long high, int count) {
        if (high < 1) {
            throw new IllegalArgumentException(
                    "the bound of random integers must be at least 1, but is " + high);
        }
        try (NDManager cpu = manager.newSubManager(Device.cpu());
                NDArray array = cpu.randomInteger(0, high, new Shape(count), DataType.INT64)) {
            return array.toLongArray();
        }
    }

    /**
     * {@return what {@code torch.multinomial(probs, 1, generator=g)} draws: the index of the
     * largest of probs / exponential, with one exponential number each}
     *
     * @param manager a manager for the work
     * @param probs weights that are not negative
     * @throws IllegalArgumentException if a weight is negative or not finite, or all are 0
     */
    public int multinomial(NDManager manager, float[] probs) {
        return multinomial(probs, stream.run(() -> uniform(manager, probs.length)));
    }

    /**
     * {@return the index that {@code torch.multinomial(probs, 1)} draws by given random numbers}
     *
     * @param probs weights that are not negative
     * @param uniform a number from [0, 1) for each
     * @throws IllegalArgumentException if a weight is negative or not finite, or all are 0
     */
    public static int multinomial(float[] probs, double[] uniform) {
        sum(probs);
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

    /**
     * Draws what {@code torch.multinomial(probs, count, replacement=True, generator=g)} draws: for
     * each number the first class at which the sum of the probabilities reaches a uniform number.
     *
     * <p>PyTorch 2 takes this way only for a count of 2 or more, and for a single number that of
     * {@link #multinomial}. Up to 1.13 it took this one always, and so did lecture 2, whose names
     * can be had only so.
     *
     * @param manager a manager for the work
     * @param probs weights that are not negative; they need not add up to 1
     * @param count how many to draw
     * @return the indices that were drawn
     * @throws IllegalArgumentException if a weight is negative or not finite, or all are 0
     */
    public int[] multinomialWithReplacement(NDManager manager, float[] probs, int count) {
        float[] cumulative = cumulative(probs);
        double[] uniform = stream.run(() -> uniform(manager, count));
        int[] drawn = new int[count];
        for (int i = 0; i < count; i++) {
            while (cumulative[drawn[i]] < uniform[i]) {
                drawn[i]++;
            }
        }
        return drawn;
    }

    /**
     * {@return what {@code torch.rand(count, dtype=torch.float64)} draws from the engine's
     * generator of the CPU}
     *
     * @param manager a manager for the work
     * @param count how many
     */
    public static double[] uniform(NDManager manager, int count) {
        try (NDManager cpu = manager.newSubManager(Device.cpu());
                NDArray array = cpu.randomUniform(0, 1, new Shape(count), DataType.FLOAT64)) {
            return array.toDoubleArray();
        }
    }

    /** Adds weights in float32, as PyTorch does, and refuses those that nothing can be drawn by. */
    private static float sum(float[] probs) {
        float sum = 0;
        for (int i = 0; i < probs.length; i++) {
            if (!(probs[i] >= 0 && probs[i] < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        ("multinomial takes weights that are finite and not negative, but weight %s"
                                        + " is %s")
                                .formatted(i, probs[i]));
            }
            sum += probs[i];
        }
        if (sum == 0) {
            throw new IllegalArgumentException(
                    "multinomial takes weights of which one is positive, but got "
                            + probs.length
                            + " zeros");
        }
        return sum;
    }

    // The last is 1, so that every number finds its class.
    private static float[] cumulative(float[] probs) {
        float[] cumulative = new float[probs.length];
        float all = sum(probs);
        float sum = 0;
        for (int i = 0; i < probs.length; i++) {
            sum += probs[i];
            cumulative[i] = sum / all;
        }
        cumulative[probs.length - 1] = 1;
        return cumulative;
    }
}
