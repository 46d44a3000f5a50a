/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/** The probabilities of the token after each of some texts, to draw from any number of times. */
final class Distribution {

    private static final ScriptFunction PROBABILITIES =
            TorchScript.compile(
                            """
                            def probabilities(logits, temperature: float, top_k: int, top_p: float):
                                # logits (N, V)
                                if temperature == 0.0:
                                    best, place = logits.max(-1, True)
                                    # NaN and infinity remain, to be seen
                                    one = torch.zeros_like(logits).scatter(-1, place, 1.0)
                                    return (one + (best - best)).float()
                                logits = logits / temperature
                                if top_k > 0 and top_k < logits.size(-1):
                                    best, _ = torch.topk(logits, top_k)
                                    logits = logits.masked_fill(logits < best[:, -1:], float("-inf"))
                                p = torch.softmax(logits, -1)
                                if top_p < 1.0:
                                    ordered, places = torch.sort(p, -1, True)
                                    enough = ordered.cumsum(-1) >= top_p
                                    # the one that reaches the sum is the last to stay
                                    left_out = torch.roll(enough, 1, -1)
                                    left_out[:, 0] = False
                                    ordered = ordered.masked_fill(left_out, 0.0)
                                    p = torch.zeros_like(p).scatter(-1, places, ordered)
                                    p = p / p.sum(-1, True)
                                return p.float()
                            """)
                    .function("probabilities");

    private final int size;
    private final float[] probabilities; // text after text

    /**
     * Takes the probabilities that follow from logits, (texts, V), to the JVM.
     *
     * @throws MakemoreException if the logits are NaN or infinite
     */
    Distribution(NDArray logits, SamplerSettings settings) {
        size = (int) logits.getShape().get(1);
        probabilities =
                PROBABILITIES
                        .callForArray(logits, settings.temperature, settings.topK, settings.topP)
                        .toFloatArray();
        for (float probability : probabilities) {
            if (!(probability >= 0)) {
                throw new MakemoreException(
                        "a sampler draws from probabilities, but those of the model are "
                                + probability
                                + "; its parameters are NaN or infinite, or too large");
            }
        }
    }

    /** Returns the probabilities of what follows a text. */
    float[] of(int text) {
        return Arrays.copyOfRange(probabilities, text * size, (text + 1) * size);
    }

    /**
     * Draws what follows a text by a random number in [0, 1): the first token at which the sum of
     * the probabilities is more than this part of the whole, and never one of probability 0.
     */
    int draw(int text, double uniform) {
        int from = text * size;
        double sum = 0;
        for (int i = from; i < from + size; i++) {
            sum += probabilities[i];
        }
        double part = uniform * sum;
        int last = 0;
        sum = 0;
        for (int i = 0; i < size; i++) {
            sum += probabilities[from + i];
            if (sum > part) {
                return i;
            }
            last = probabilities[from + i] > 0 ? i : last;
        }
        return last;
    }

    /**
     * Draws what follows a text as {@code torch.multinomial(probs, 1)} does, with the engine's
     * generator.
     */
    int multinomial(int text, NDManager manager) {
        return TorchGenerator.multinomial(of(text), TorchGenerator.uniform(manager, size));
    }
}
