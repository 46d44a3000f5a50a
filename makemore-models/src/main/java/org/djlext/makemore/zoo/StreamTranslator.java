/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.inference.streaming.StreamingTranslator;
import ai.djl.ndarray.NDList;
import ai.djl.translate.TranslatorContext;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * From a prefix to the characters that follow it, each when it is drawn:
 *
 * <pre>{@code
 * predictor.streamingPredict("KEEPER:").getIterativeOutput().forEachRemaining(System.out::print);
 * }</pre>
 */
final class StreamTranslator implements StreamingTranslator<String, Iterator<String>> {

    private final CompletionTranslator whole;

    StreamTranslator(CompletionTranslator whole) {
        this.whole = whole;
    }

    @Override
    public NDList processInput(TranslatorContext context, String prefix) {
        return whole.processInput(context, prefix);
    }

    /** Returns the characters of the whole text, prefix included. */
    @Override
    public Iterator<String> processOutput(TranslatorContext context, NDList text) {
        return whole.processOutput(context, text)
                .codePoints()
                .mapToObj(Character::toString)
                .iterator();
    }

    @Override
    public Support getSupport() {
        return Support.BOTH;
    }

    @Override
    public StreamOutput<Iterator<String>> processStreamOutput(
            TranslatorContext context, Stream<NDList> tokens) {
        return new Characters(
                tokens.map(token -> whole.processOutput(context, token)).onClose(tokens::close));
    }

    private static final class Characters extends StreamOutput<Iterator<String>> {
        private final Stream<String> stream;
        private final Queue<String> drawn = new ConcurrentLinkedQueue<>();

        Characters(Stream<String> stream) {
            this.stream = stream;
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
            try (Stream<String> closed = stream) {
                closed.forEach(drawn::add);
            }
        }

        /** The characters, after the last of which the stream is closed. */
        @Override
        public Iterator<String> getIterativeOutputInternal() {
            Iterator<String> characters = stream.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    boolean more = characters.hasNext();
                    if (!more) {
                        stream.close();
                    }
                    return more;
                }

                @Override
                public String next() {
                    return characters.next();
                }
            };
        }
    }
}
