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
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
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
        int[] prefix = encode(settings.prefix());
        return complete(Collections.nCopies(count, prefix), settings).stream()
                .map(this::text)
                .toList();
    }

    /**
     * Returns the numbers of a prefix.
     *
     * @param text the prefix
     * @return the number of each character
     * @throws DataFileException if it has other characters than the vocabulary, or is too long
     */
    public int[] encode(String text) {
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

    /**
     * Returns the text of a name.
     *
     * @param numbers the numbers of its characters
     * @return the text
     */
    public String text(int[] numbers) {
        return Arrays.stream(numbers).mapToObj(vocabulary::character).collect(Collectors.joining());
    }

    /**
     * Returns how long a name can get.
     *
     * @return the largest number of characters
     */
    public int longest() {
        return model.everyPosition() ? model.config().blockSize() - 1 : LONGEST;
    }

    /**
     * Completes prefixes with the engine's generator.
     *
     * @param prefixes the numbers of each prefix, which may be empty
     * @param settings temperature and top-k
     * @return the numbers of each name, prefix included
     */
    public List<int[]> complete(List<int[]> prefixes, SamplerSettings settings) {
        List<int[]> names = new ArrayList<>(prefixes.size());
        for (int from = 0; from < prefixes.size(); from += CHUNK) {
            int to = Math.min(from + CHUNK, prefixes.size());
            names.addAll(chunk(prefixes.subList(from, to), settings));
        }
        return names;
    }

    private List<int[]> chunk(List<int[]> prefixes, SamplerSettings settings) {
        int count = prefixes.size();
        int[][] drawn = new int[count][];
        Arrays.setAll(drawn, i -> Arrays.copyOf(prefixes.get(i), longest()));
        int[] lengths = prefixes.stream().mapToInt(prefix -> prefix.length).toArray();
        boolean[] ended = new boolean[count];
        for (int position = 0; position < longest(); position++) {
            int at = position;
            // Not those that have ended, nor those whose prefix goes on.
            int[] open =
                    IntStream.range(0, count).filter(i -> !ended[i] && lengths[i] == at).toArray();
            if (open.length > 0) {
                long[] next = next(drawn, open, position, settings);
                for (int i = 0; i < open.length; i++) {
                    ended[open[i]] = next[i] == 0;
                    if (next[i] != 0) {
                        drawn[open[i]][position] = (int) next[i];
                        lengths[open[i]]++;
                    }
                }
            }
        }
        return IntStream.range(0, count)
                .mapToObj(i -> Arrays.copyOf(drawn[i], lengths[i]))
                .toList();
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
            names.add(text(Arrays.copyOf(drawn[0], length)));
        }
        return names;
    }
}
