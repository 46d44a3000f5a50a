/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.Arrays;
import java.util.PrimitiveIterator;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.sample.NotFiniteException;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Continues a text, character by character, without end: the lecture's {@code generate}. Characters
 * are drawn with the engine's generator.
 *
 * <p>The model must not be trained while it generates.
 */
public final class TextGenerator implements PrimitiveIterator.OfLong, AutoCloseable {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def draw(logits, temperature: float, top_k: int, top_p: float):
                        # logits (1, V)
                        if not bool(torch.isfinite(logits).all()):
                            return torch.full([1], -1)
                        if temperature == 0.0:
                            return logits.argmax(-1)
                        logits = logits / temperature
                        if top_k > 0 and top_k < logits.size(-1):
                            best, _ = torch.topk(logits, top_k)
                            logits = logits.masked_fill(logits < best[:, -1:], float("-inf"))
                        p = torch.softmax(logits, -1)
                        if top_p < 1.0:
                            ordered, places = torch.sort(p, -1, True)
                            before = ordered.cumsum(-1) - ordered
                            ordered = ordered.masked_fill(before >= top_p, 0.0)
                            return places.gather(-1, torch.multinomial(ordered, 1)).reshape(-1)
                        return torch.multinomial(p, 1).reshape(-1)
                    """);
    private static final ScriptFunction DRAW = SCRIPT.function("draw");

    private final NDManager manager;
    private final Gpt model;
    private final GenerationSettings settings;
    private final CachedForward cached;
    private final int blockSize;
    private long[] window;
    private int length;
    private int kept;

    /**
     * Prepares generation.
     *
     * @param parent a manager of the model's device
     * @param model the model, with its values
     * @param prompt the numbers of the characters to go on from, at least one
     * @param settings how characters are drawn
     */
    public TextGenerator(NDManager parent, Gpt model, long[] prompt, GenerationSettings settings) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException(
                    "generation goes on from at least one character, but the prompt is empty; start"
                            + " from a line end");
        }
        this.model = model;
        this.settings = settings;
        manager = parent.newSubManager();
        cached = new CachedForward(manager, model);
        blockSize = model.config().blockSize();
        int seen = Math.min(prompt.length, blockSize);
        window =
                Arrays.copyOf(
                        Arrays.copyOfRange(prompt, prompt.length - seen, prompt.length), blockSize);
        length = seen;
    }

    /** Returns true: a text can always go on. */
    @Override
    public boolean hasNext() {
        return true;
    }

    /**
     * Draws the next character.
     *
     * @return its number
     * @throws NotFiniteException if the model computes NaN or infinite logits
     */
    @Override
    public long nextLong() {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = manager.newSubManager()) {
            NDArray logits = settings.cache() ? cachedLogits(sub) : plainLogits(sub); // (1, V)
            long next =
                    DRAW.callForArray(
                                    logits,
                                    settings.temperature(),
                                    settings.topK(),
                                    settings.topP())
                            .getLong(0);
            if (next < 0) {
                throw new NotFiniteException(
                        "text can only be drawn from finite logits, but the GPT computes others;"
                                + " its parameters are no numbers, or too large ones");
            }
            append(next);
            return next;
        }
    }

    private NDArray cachedLogits(NDManager sub) {
        NDArray tokens = sub.create(Arrays.copyOfRange(window, kept, length)); // (n)
        NDArray logits = cached.logits(tokens, kept);
        kept = length;
        return logits;
    }

    private NDArray plainLogits(NDManager sub) {
        NDArray x = sub.create(Arrays.copyOf(window, length), new Shape(1, length));
        return model.call(new ParameterStore(sub, false), x, false).get(":, -1"); // (1, V)
    }

    private void append(long next) {
        if (length == blockSize) {
            int keep =
                    settings.window() == GenerationSettings.Window.SLIDE
                            ? blockSize - 1
                            : blockSize / 2;
            window =
                    Arrays.copyOf(
                            Arrays.copyOfRange(window, blockSize - keep, blockSize), blockSize);
            length = keep;
            kept = 0;
        }
        window[length++] = next;
    }

    /** Frees the cache. */
    @Override
    public void close() {
        manager.close();
    }
}
