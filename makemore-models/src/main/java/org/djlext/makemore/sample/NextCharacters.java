/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.ndarray.NDArray;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/** The distributions of the character after each of some texts, to draw from many times. */
final class NextCharacters {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def probabilities(logits, temperature: float, top_k: int):
                        if temperature != 1.0:
                            logits = logits / temperature
                        if top_k > 0 and top_k < logits.size(-1):
                            best, _ = torch.topk(logits, top_k)
                            logits = logits.masked_fill(logits < best[:, -1:], float("-inf"))
                        return torch.softmax(logits, -1)
                    """);
    private static final ScriptFunction PROBABILITIES = SCRIPT.function("probabilities");

    private final int characters;
    private final float[] sums; // of the probabilities up to each character, text after text

    /**
     * Takes the distributions to the JVM.
     *
     * @param logits (texts, V)
     * @param settings temperature and top-k
     * @throws NotFiniteException if the probabilities are no numbers
     */
    NextCharacters(NDArray logits, SamplerSettings settings) {
        characters = (int) logits.getShape().get(1);
        sums =
                PROBABILITIES
                        .callForArray(logits, settings.temperature(), settings.topK())
                        .toFloatArray();
        for (int from = 0; from < sums.length; from += characters) {
            for (int i = from + 1; i < from + characters; i++) {
                sums[i] += sums[i - 1];
            }
            check(sums[from + characters - 1]);
        }
    }

    /** Checks the sum of the probabilities of a text. */
    private static void check(float sum) {
        if (!(sum > 0)) {
            throw new NotFiniteException(
                    "names can only be drawn from probabilities, but the model computes "
                            + sum
                            + "; its parameters are no numbers, or too large ones");
        }
    }

    /**
     * Returns the distribution of the character after one text.
     *
     * @param logits (1, V)
     * @return the probabilities
     * @throws NotFiniteException if they are no numbers
     */
    static float[] probabilities(NDArray logits) {
        float[] probabilities = logits.softmax(1).toFloatArray();
        float sum = 0;
        for (float probability : probabilities) {
            sum += probability;
        }
        check(sum);
        return probabilities;
    }

    /**
     * Draws a character: the first one at which the sum of the probabilities is more than a random
     * part of the whole.
     *
     * @param text the number of the text
     * @param uniform a random number in [0, 1)
     * @return the character; never one of probability 0
     */
    int draw(int text, double uniform) {
        int low = text * characters;
        int high = low + characters - 1;
        double part = uniform * sums[high];
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sums[middle] > part) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low - text * characters;
    }
}
