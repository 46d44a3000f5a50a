/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.nn.Layer;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Draws names from a model, many at a time: all names that are not finished yet grow together, by a
 * character a step. Names that are alike so far are read by the model once, and it reads only what
 * is new.
 *
 * <p>{@link #oneByOne} draws in the order of the lectures instead, and with the same seed the same
 * names.
 */
public final class Sampler {

    // A name of the data has at most some 15 characters; a model that never ends one has to be
    // stopped.
    private static final int LONGEST = 100;
    // How many names grow together: what a step costs beside is little then for each, and what is
    // kept of them after the first step is at most 2 MiB, more than which leaves the fast caches.
    private static final int MOST = 4096;
    private static final int FEWEST = 512;
    private static final long KEPT = 1 << 19; // numbers

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def take(states: List[Tensor], rows):
                        return [state.index_select(0, rows) for state in states]
                    """);
    private static final ScriptFunction TAKE = SCRIPT.function("take");

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
     * @throws NotFiniteException if the model computes NaN or infinite logits
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
        StringBuilder text = new StringBuilder(numbers.length);
        for (int number : numbers) {
            text.append(vocabulary.character(number));
        }
        return text.toString();
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
        int chunk = prefixes.size() <= FEWEST ? FEWEST : together();
        for (int from = 0; from < prefixes.size(); from += chunk) {
            int to = Math.min(from + chunk, prefixes.size());
            names.addAll(chunk(prefixes.subList(from, to), settings));
        }
        return names;
    }

    /** Returns how many names grow together best, by what the model keeps of one. */
    private int together() {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray x = sub.create(new long[] {0});
            Layer.Pass pass = new Layer.Pass(store, x, false);
            long numbers =
                    model.next(x, 0, new NDList(), pass).state().stream()
                            .mapToLong(NDArray::size)
                            .sum();
            return (int) Math.max(FEWEST, Math.min(MOST, KEPT / Math.max(1, numbers)));
        }
    }

    private List<int[]> chunk(List<int[]> prefixes, SamplerSettings settings) {
        int count = prefixes.size();
        int[][] names = new int[count][];
        Arrays.setAll(names, i -> Arrays.copyOf(prefixes.get(i), longest()));
        int[] lengths = prefixes.stream().mapToInt(prefix -> prefix.length).toArray();
        TextTree texts = new TextTree(count, model);
        int[] open = IntStream.range(0, count).toArray();
        try (NDManager kept = manager.newSubManager()) {
            NDList state = new NDList();
            for (int position = 0; position < longest() && open.length > 0; position++) {
                try (Autograd.Scope unrecorded = Autograd.noGrad();
                        NDManager sub = manager.newSubManager();
                        NDScope scope = new NDScope()) {
                    scope.suppressNotUsedWarning();
                    texts.advance(open, last(names, open, position));
                    LanguageModel.Next next = read(sub, texts, position, state);
                    state.close();
                    state = next.state();
                    state.forEach(NDScope::unregister);
                    state.attach(kept);
                    NextCharacters distribution = new NextCharacters(next.logits(), settings);
                    open = grow(names, lengths, open, position, texts, distribution);
                }
            }
        }
        return IntStream.range(0, count)
                .mapToObj(i -> Arrays.copyOf(names[i], lengths[i]))
                .toList();
    }

    /** Returns what the open names have read last, at first the number that starts a name. */
    private static int[] last(int[][] names, int[] open, int position) {
        return Arrays.stream(open).map(i -> position == 0 ? 0 : names[i][position - 1]).toArray();
    }

    private LanguageModel.Next read(NDManager sub, TextTree texts, int position, NDList state) {
        NDArray x = sub.create(texts.lastCharacters());
        NDList before = state.isEmpty() ? state : TAKE.call(state, sub.create(texts.parents()));
        return model.next(x, position, before, new Layer.Pass(store, x, false));
    }

    /** Gives each open name a character, unless it has one of its prefix; returns the open ones. */
    private int[] grow(
            int[][] names,
            int[] lengths,
            int[] open,
            int position,
            TextTree texts,
            NextCharacters distribution) {
        double[] uniform = uniform(open.length);
        int[] still = new int[open.length];
        int count = 0;
        for (int i = 0; i < open.length; i++) {
            int name = open[i];
            boolean goesOn = lengths[name] > position;
            if (!goesOn) {
                int next = distribution.draw(texts.textOf(name), uniform[i]);
                if (next != 0) {
                    names[name][position] = next;
                    lengths[name]++;
                    goesOn = true;
                }
            }
            if (goesOn) {
                still[count++] = name;
            }
        }
        return Arrays.copyOf(still, count);
    }

    // On the CPU, so that the numbers do not depend on the device.
    private double[] uniform(int count) {
        try (NDManager cpu = manager.newSubManager(Device.cpu());
                NDArray array = cpu.randomUniform(0, 1, new Shape(count), DataType.FLOAT64)) {
            return array.toDoubleArray();
        }
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
            int[] drawn = new int[longest()];
            int length = 0;
            for (int next = -1; next != 0 && length < longest(); ) {
                try (Autograd.Scope unrecorded = Autograd.noGrad();
                        NDManager sub = manager.newSubManager();
                        NDScope scope = new NDScope()) {
                    scope.suppressNotUsedWarning();
                    NDArray logits = logits(sub, drawn, length);
                    next = generator.multinomial(sub, NextCharacters.probabilities(logits));
                }
                if (next != 0) {
                    drawn[length++] = next;
                }
            }
            names.add(text(Arrays.copyOf(drawn, length)));
        }
        return names;
    }

    /** Returns the logits of the next character of a name, which is read anew, (1, V). */
    private NDArray logits(NDManager sub, int[] drawn, int length) {
        // One position for the start; a model of contexts sees the last ones, padded with zeros.
        int seen = model.everyPosition() ? length + 1 : model.config().blockSize();
        long[] x = new long[seen];
        for (int back = 0; back < Math.min(seen, length); back++) {
            x[seen - 1 - back] = drawn[length - 1 - back];
        }
        NDArray logits = model.call(store, sub.create(x, new Shape(1, seen)), false);
        return model.everyPosition() ? logits.get(":, -1") : logits;
    }
}
