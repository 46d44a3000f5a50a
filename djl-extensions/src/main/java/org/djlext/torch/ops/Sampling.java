/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import org.djlext.torch.TorchScript;

/**
 * Random numbers. Without a seed they come from the engine's generator, which {@code
 * Engine.setRandomSeed} seeds. None of them has a gradient.
 */
public final class Sampling {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def multinomial(p, samples: int, replacement: bool):
                        return torch.multinomial(p.detach(), samples, replacement)

                    def exponential(x, rate: float):
                        return torch.empty_like(x.detach()).exponential_(rate)

                    def bernoulli(x, p: float, seed: Optional[int]):
                        mask = torch.empty_like(x.detach())
                        if seed is None:
                            return mask.bernoulli_(p)
                        else:
                            generator = torch.Generator(device=x.device, seed=seed)
                            return mask.bernoulli_(p, generator=generator)
                    """);

    private Sampling() {}

    /**
     * Draws classes by their weights.
     *
     * @param weights the weights of the K classes, (K) or (N, K), of floating type, not negative;
     *     they need not add up to 1
     * @param samples how many to draw for each row; without replacement, at most as many as there
     *     are classes of positive weight
     * @param replacement whether a class may be drawn twice
     * @return the classes, (samples) or (N, samples), of type INT64
     */
    public static NDArray multinomial(NDArray weights, int samples, boolean replacement) {
        return SCRIPT.function("multinomial").callForArray(weights, samples, replacement);
    }

    /**
     * Draws from the exponential distribution.
     *
     * @param like an array of the shape, floating type and device that is wanted; its values do not
     *     matter
     * @param rate the rate, which is 1 / mean
     * @return a new array of that shape
     */
    public static NDArray exponential(NDArray like, double rate) {
        return SCRIPT.function("exponential").callForArray(like, rate);
    }

    /**
     * Draws ones and zeros, such as the mask of a dropout.
     *
     * @param like an array of the shape, type and device that is wanted; its values do not matter
     * @param probability the probability of a one
     * @return a new array of that shape
     */
    public static NDArray bernoulli(NDArray like, double probability) {
        return SCRIPT.function("bernoulli").callForArray(like, probability, null);
    }

    /**
     * Draws ones and zeros from a generator of their own, so that the same can be drawn again, and
     * leaves the engine's generator as it is.
     *
     * @param like an array of the shape, type and device that is wanted; its values do not matter
     * @param probability the probability of a one
     * @param seed the seed; a CPU and a GPU draw different numbers from it
     * @return a new array of that shape
     */
    public static NDArray bernoulli(NDArray like, double probability, long seed) {
        return SCRIPT.function("bernoulli").callForArray(like, probability, seed);
    }
}
