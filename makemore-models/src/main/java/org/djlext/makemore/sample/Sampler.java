/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.ndarray.NDManager;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.djlext.compile.CompiledForward;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * Draws names and texts from a model: many at a time, which grow together by a token a step, or one
 * by one in the order of the lectures, token by token.
 *
 * <pre>{@code
 * Sampler sampler = new Sampler(manager, model, vocabulary);
 * List<String> names = sampler.sample(20, SamplerSettings.PLAIN);
 * try (TokenStream stream = sampler.stream(SamplerSettings.PLAIN.prefix("KEEPER:"))) {
 *     stream.forEachRemaining((int token) -> System.out.print(sampler.decode(token)));
 * }
 * }</pre>
 *
 * <p>The model reads a token once, where its layers can {@linkplain org.djlext.nn.Cache keep} what
 * they need of it. Random numbers are the engine's, or those of the {@link
 * org.djlext.torch.RandomStream} with which the work is run. Where a vocabulary has a separator,
 * names start and end with it; a text starts with the prefix, or with a line end, and ends when it
 * has the length of the settings. The model must not be trained meanwhile.
 */
public final class Sampler {

    // A name of the data has some 15 characters; a model that never ends one has to be stopped.
    private static final int LONGEST = 100;
    private static final int LONGEST_TEXT = 1 << 30;
    // How many grow together: enough that what a step costs beside is little for each, and few
    // enough that what is kept of them stays in the fast caches.
    private static final int TOGETHER = 1024;
    // To compile what is done for a token takes as long as to do it for this many.
    private static final int WORTH = 200;

    private final NDManager manager;
    private final LanguageModel model;
    private final Vocabulary vocabulary;
    private final boolean names; // which start and end with the separator, 0
    private final int stop;
    private final IntFunction<double[]> uniform; // so many numbers from [0, 1)
    private @Nullable CompiledForward compiled; // of all texts; freed with the manager
    private long streamed; // how many tokens were asked for one by one

    /**
     * Prepares sampling.
     *
     * @param manager a manager of the model's device
     * @param model the model
     * @param vocabulary the numbers of the characters or byte pairs
     */
    public Sampler(NDManager manager, LanguageModel model, Vocabulary vocabulary) {
        this(manager, model, vocabulary, n -> TorchGenerator.uniform(manager, n));
    }

    private Sampler(
            NDManager manager,
            LanguageModel model,
            Vocabulary vocabulary,
            IntFunction<double[]> uniform) {
        this.manager = manager;
        this.model = model;
        this.vocabulary = vocabulary;
        this.uniform = uniform;
        names = vocabulary.hasSeparator();
        stop = names ? 0 : -1;
    }

    /**
     * {@return the sampler whose names and texts are drawn together with numbers of a stream} They
     * are the same as if it were run with the stream, but other threads may draw from streams of
     * their own meanwhile, as they take turns for the numbers alone.
     *
     * @param random the stream
     */
    public Sampler with(RandomStream random) {
        return new Sampler(
                manager,
                model,
                vocabulary,
                n -> random.run(() -> TorchGenerator.uniform(manager, n)));
    }

    /**
     * {@return names or texts that are drawn together, prefix included}
     *
     * @param count how many
     * @param settings the settings
     * @throws DataFileException if the prefix has other characters than the vocabulary, or is too
     *     long for a name
     * @throws MakemoreException if the model computes NaN or infinite logits
     */
    public List<String> sample(int count, SamplerSettings settings) {
        checkCount(count);
        return complete(Collections.nCopies(count, encode(settings.prefix)), settings).stream()
                .map(this::decode)
                .toList();
    }

    private static void checkCount(int count) {
        if (count < 0) {
            throw new IllegalArgumentException(
                    "a sampler draws 0 names or more, but was asked for " + count);
        }
    }

    /**
     * {@return the numbers of a prefix}
     *
     * @param text the prefix
     * @throws DataFileException if it has other characters than the vocabulary, or is too long for
     *     a name
     */
    public int[] encode(String text) {
        int[] prefix;
        try {
            prefix = vocabulary.encodeName(text);
        } catch (IllegalArgumentException e) {
            throw new DataFileException("the prefix cannot be used: " + e.getMessage());
        }
        if (prefix.length >= longest()) {
            throw new DataFileException(
                    "the prefix may have at most %s characters for this model, but has %s"
                            .formatted(longest() - 1, prefix.length));
        }
        return prefix;
    }

    /**
     * {@return the text of numbers}
     *
     * @param tokens the numbers of its characters
     */
    public String decode(int... tokens) {
        return vocabulary.decode(tokens);
    }

    // A position of the block size is for what starts a name.
    private int longest() {
        if (!names) {
            return LONGEST_TEXT;
        }
        return model.everyPosition() ? model.config().blockSize() - 1 : LONGEST;
    }

    /**
     * {@return the numbers of names or texts that complete prefixes together, prefix included}
     *
     * @param prefixes the numbers of each prefix, which may be empty
     * @param settings the settings but for their prefix
     * @throws MakemoreException if the model computes NaN or infinite logits
     */
    public List<int[]> complete(List<int[]> prefixes, SamplerSettings settings) {
        List<int[]> texts = new ArrayList<>(prefixes.size());
        for (int from = 0; from < prefixes.size(); from += TOGETHER) {
            int to = Math.min(from + TOGETHER, prefixes.size());
            texts.addAll(together(prefixes.subList(from, to), settings));
        }
        return texts;
    }

    private List<int[]> together(List<int[]> prefixes, SamplerSettings settings) {
        int count = prefixes.size();
        int[][] texts = new int[count][]; // with what starts a name
        int[] lengths = new int[count];
        int[] ends = new int[count];
        for (int i = 0; i < count; i++) {
            int[] start = start(prefixes.get(i));
            lengths[i] = start.length;
            ends[i] = end(start, settings);
            texts[i] = start;
        }
        int length = Arrays.stream(lengths).min().orElse(0);
        int[] open = IntStream.range(0, count).filter(i -> lengths[i] < ends[i]).toArray();
        int[] places = new int[count]; // of each text among the different ones
        try (Reader reader = new Reader(manager, model, settings, null)) {
            for (; open.length > 0; length++) {
                int now = length;
                Distribution next = next(reader, texts, open, now, places);
                double[] random = uniform.apply(open.length);
                for (int i = 0; i < open.length; i++) {
                    int text = open[i];
                    if (lengths[text] > now) {
                        continue; // inside its prefix
                    }
                    int token = next.draw(places[text], random[i]);
                    if (token == stop) {
                        ends[text] = now;
                    } else {
                        texts[text] = with(texts[text], now, token);
                        lengths[text]++;
                    }
                }
                open = Arrays.stream(open).filter(i -> now + 1 < ends[i]).toArray();
            }
        }
        return IntStream.range(0, count)
                .mapToObj(
                        i ->
                                Arrays.copyOfRange(
                                        texts[i],
                                        start(prefixes.get(i)).length - prefixes.get(i).length,
                                        lengths[i]))
                .toList();
    }

    /** Puts a token at the end of a text, which is longer then or has had room for it. */
    static int[] with(int[] text, int length, int token) {
        int[] longer = length < text.length ? text : Arrays.copyOf(text, 2 * length + 1);
        longer[length] = token;
        return longer;
    }

    /**
     * Reads the different texts among those that are open: names that are alike so far are read
     * once, and all names start alike.
     */
    private static Distribution next(
            Reader reader, int[][] texts, int[] open, int length, int[] places) {
        Map<IntBuffer, Integer> known = new HashMap<>();
        int[][] different = new int[open.length][];
        long[] parents = new long[open.length];
        for (int text : open) {
            int count = known.size();
            Integer place = known.putIfAbsent(IntBuffer.wrap(texts[text], 0, length), count);
            if (place == null) {
                different[count] = texts[text];
                parents[count] = places[text];
            }
            places[text] = place == null ? count : place;
        }
        return reader.read(
                Arrays.copyOf(different, known.size()),
                length,
                Arrays.copyOf(parents, known.size()));
    }

    /**
     * Draws names one after the other, as the lectures do with {@code torch.multinomial(probs, 1)}:
     * with the same seed these are the lectures' names.
     *
     * @param generator the generator, on the CPU
     * @param count how many
     * @param settings the settings; the lectures' read the whole name for each character
     * @return the names, without what ends them
     */
    public List<String> oneByOne(TorchGenerator generator, int count, SamplerSettings settings) {
        checkCount(count);
        return generator.stream()
                .run(() -> Stream.generate(() -> one(settings)).limit(count).toList());
    }

    private String one(SamplerSettings settings) {
        StringBuilder text = new StringBuilder(settings.prefix);
        try (TokenStream stream = stream(settings)) {
            stream.forEachRemaining((int token) -> text.append(decode(token)));
        }
        return text.toString();
    }

    /**
     * {@return the tokens of a name or text after the prefix, each of which is drawn when it is
     * asked for}
     *
     * @param settings the settings
     * @throws DataFileException if the prefix has other characters than the vocabulary, or is too
     *     long
     */
    public TokenStream stream(SamplerSettings settings) {
        return stream(encode(settings.prefix), settings);
    }

    /**
     * {@return the tokens of a name or text after the prefix, each of which is drawn when it is
     * asked for}
     *
     * @param prefix the numbers of the prefix, which may be empty
     * @param settings the settings but for their prefix
     */
    public TokenStream stream(int[] prefix, SamplerSettings settings) {
        int[] start = start(prefix);
        int end = end(start, settings);
        Reader reader = new Reader(manager, model, settings, compiled(end - start.length));
        return new TokenStream(manager, reader, start, end, stop);
    }

    /** Returns what reads texts once it pays, and this many more tokens are asked for. */
    synchronized @Nullable CompiledForward compiled(int tokens) {
        streamed += tokens;
        if (streamed >= WORTH && compiled == null) {
            compiled = new CompiledForward(model);
            manager.attachInternal(manager.getName() + " sampler " + hashCode(), compiled);
        }
        return compiled;
    }

    /** Returns what a model reads before the first draw: at least one token. */
    private int[] start(int[] prefix) {
        if (!names && prefix.length > 0) {
            return prefix;
        }
        int[] start = new int[prefix.length + 1];
        start[0] = names ? 0 : lineEnd();
        System.arraycopy(prefix, 0, start, 1, prefix.length);
        return start;
    }

    // A text begins as a line does, if it has lines.
    private int lineEnd() {
        try {
            return vocabulary.encode("\n")[0];
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    private int end(int[] start, SamplerSettings settings) {
        return (int) Math.min((long) start.length + settings.length, longest() + 1L);
    }
}
