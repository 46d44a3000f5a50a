/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Draws names from a model, many at a time: all names that are not finished yet go through the
 * model together, one character further each time.
 *
 * <p>{@link #oneByOne} draws in the order of the lectures instead, and with the same seed the same
 * names.
 */
public final class Sampler {

    // A name of the data has at most some 15 characters; a model that never ends one has to be
    // stopped.
    private static final int LONGEST = 100;
    // Bounds the memory: a transformer of the default size needs some 50 kB a name.
    private static final int CHUNK = 2048;

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def draw(logits, temperature: float, top_k: int):
                        logits = logits / temperature
                        if top_k > 0 and top_k < logits.size(-1):
                            best, _ = torch.topk(logits, top_k)
                            logits = logits.masked_fill(logits < best[:, -1:], float("-inf"))
                        return torch.multinomial(torch.softmax(logits, -1), 1)
                    """);
    private static final ScriptFunction DRAW = SCRIPT.function("draw");

    private final NDManager manager;
    private final LanguageModel model;
    private final CharVocabulary vocabulary;
    private final ParameterStore store;

    /**
     * Prepares sampling.
     *
     * @param manager a manager of the model's device
     * @param model the model
     * @param vocabulary the numbers of the characters
     */
    public Sampler(NDManager manager, LanguageModel model, CharVocabulary vocabulary) {
        this.manager = manager;
        this.model = model;
        this.vocabulary = vocabulary;
        store = new ParameterStore(manager, false);
    }

    /**
     * Draws names with the engine's generator.
     *
     * @param count how many
     * @param settings the settings
     * @return the names, without what ends them
     * @throws DataFileException if the prefix has other characters than the vocabulary, or is too
     *     long
     */
    public List<String> sample(int count, SamplerSettings settings) {
        int[] prefix = prefix(settings.prefix());
        List<String> names = new ArrayList<>(count);
        while (names.size() < count) {
            names.addAll(chunk(Math.min(CHUNK, count - names.size()), prefix, settings));
        }
        return names;
    }

    private int[] prefix(String text) {
        int[] prefix;
        try {
            prefix = vocabulary.encode(text);
        } catch (IllegalArgumentException e) {
            throw new DataFileException("the prefix cannot be used: " + e.getMessage());
        }
        if (prefix.length >= longest()) {
            throw new DataFileException(
                    "the prefix may have at most "
                            + (longest() - 1)
                            + " characters for this model, but has "
                            + prefix.length);
        }
        return prefix;
    }

    private int longest() {
        return model.everyPosition() ? model.config().blockSize() - 1 : LONGEST;
    }

    private List<String> chunk(int count, int[] prefix, SamplerSettings settings) {
        int[][] drawn = new int[count][];
        Arrays.setAll(drawn, i -> Arrays.copyOf(prefix, longest()));
        int[] lengths = new int[count];
        Arrays.fill(lengths, prefix.length);
        int[] open = IntStream.range(0, count).toArray();
        for (int length = prefix.length; open.length > 0 && length < longest(); length++) {
            long[] next = next(drawn, open, length, settings);
            int kept = 0;
            for (int i = 0; i < open.length; i++) {
                if (next[i] != 0) {
                    drawn[open[i]][length] = (int) next[i];
                    lengths[open[i]]++;
                    open[kept++] = open[i];
                }
            }
            open = Arrays.copyOf(open, kept);
        }
        List<String> names = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            names.add(text(drawn[i], lengths[i]));
        }
        return names;
    }

    private long[] next(int[][] drawn, int[] open, int length, SamplerSettings settings) {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray logits = logits(sub, drawn, open, length);
            return DRAW.callForArray(logits, settings.temperature(), settings.topK()).toLongArray();
        }
    }

    /** Returns the logits of the next character of the open names, (open, V). */
    private NDArray logits(NDManager sub, int[][] drawn, int[] open, int length) {
        // One position for the start; a model of contexts sees the last ones, padded with zeros.
        int seen = model.everyPosition() ? length + 1 : model.config().blockSize();
        long[] x = new long[open.length * seen];
        for (int i = 0; i < open.length; i++) {
            for (int back = 0; back < Math.min(seen, length); back++) {
                x[i * seen + seen - 1 - back] = drawn[open[i]][length - 1 - back];
            }
        }
        NDArray logits = model.call(store, sub.create(x, new Shape(open.length, seen)), false);
        return model.everyPosition() ? logits.get(":, -1") : logits;
    }

    private String text(int[] numbers, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(vocabulary.character(numbers[i]));
        }
        return text.toString();
    }

    /**
     * Draws names one after the other, as the lectures do with {@code torch.multinomial(probs, 1)}:
     * with the same seed these are the lectures' names.
     *
     * @param generator the generator, on the CPU
     * @param count how many
     * @return the names, without what ends them
     */
    public List<String> oneByOne(TorchGenerator generator, int count) {
        List<String> names = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int[][] drawn = {new int[longest()]};
            int length = 0;
            for (int next = -1; next != 0 && length < longest(); ) {
                try (Autograd.Scope unrecorded = Autograd.noGrad();
                        NDManager sub = manager.newSubManager();
                        NDScope scope = new NDScope()) {
                    scope.suppressNotUsedWarning();
                    NDArray logits = logits(sub, drawn, new int[] {0}, length);
                    next = generator.multinomial(sub, logits.softmax(1).toFloatArray());
                }
                if (next != 0) {
                    drawn[0][length++] = next;
                }
            }
            names.add(text(drawn[0], length));
        }
        return names;
    }
}
