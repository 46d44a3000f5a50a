/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.inference.streaming.StreamingTranslator;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslatorContext;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.djlext.makemore.data.Vocabulary;
import org.jspecify.annotations.Nullable;

/**
 * From a prompt to the characters that follow it, each when it is drawn, for a {@link GptWriter}.
 *
 * <pre>{@code
 * try (Predictor<String, Iterator<String>> predictor =
 *         model.newPredictor(new PromptStreamTranslator(vocabulary))) {
 *     predictor.streamingPredict("KEEPER:").getIterativeOutput().forEachRemaining(System.out::print);
 * }
 * }</pre>
 */
public final class PromptStreamTranslator implements StreamingTranslator<String, Iterator<String>> {

    private final Vocabulary vocabulary;

    /**
     * Makes the translator.
     *
     * @param vocabulary the vocabulary of the model
     */
    public PromptStreamTranslator(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    @Override
    public @Nullable Batchifier getBatchifier() {
        return null;
    }

    @Override
    public NDList processInput(TranslatorContext ctx, String prompt) {
        return new NDList(
                ctx.getNDManager()
                        .create(Arrays.stream(vocabulary.encode(prompt)).asLongStream().toArray()));
    }

    /** Returns the characters, which have all been drawn. */
    @Override
    public Iterator<String> processOutput(TranslatorContext ctx, NDList tokens) {
        long[] numbers = tokens.singletonOrThrow().toLongArray();
        return IntStream.range(0, numbers.length)
                .mapToObj(i -> vocabulary.decode((int) numbers[i]))
                .iterator();
    }

    @Override
    public Support getSupport() {
        return Support.BOTH;
    }

    @Override
    public StreamOutput<Iterator<String>> processStreamOutput(
            TranslatorContext ctx, Stream<NDList> tokens) {
        return new Characters(tokens);
    }

    private String character(NDList token) {
        try (NDList closed = token) {
            return vocabulary.decode((int) closed.singletonOrThrow().getLong(0));
        }
    }

    private final class Characters extends StreamOutput<Iterator<String>> {
        private final Stream<NDList> tokens;
        private final Queue<String> drawn = new ConcurrentLinkedQueue<>();

        Characters(Stream<NDList> tokens) {
            this.tokens = tokens;
        }

        /** The characters that have been drawn so far, taken off as they are read. */
        @Override
        protected Iterator<String> buildAsyncOutput() {
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return !drawn.isEmpty();
                }

                @Override
                public String next() {
                    return drawn.remove();
                }
            };
        }

        @Override
        protected void computeAsyncOutputInternal(Iterator<String> output) {
            try (Stream<NDList> closed = tokens) {
                closed.forEach(token -> drawn.add(character(token)));
            }
        }

        @Override
        public Iterator<String> getIterativeOutputInternal() {
            Iterator<NDList> iterator = tokens.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return iterator.hasNext();
                }

                @Override
                public String next() {
                    String character = character(iterator.next());
                    if (!hasNext()) {
                        tokens.close();
                    }
                    return character;
                }
            };
        }
    }
}
