/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.types.Shape;
import java.nio.charset.StandardCharsets;

/**
 * A text, the first nine tenths to train on and the rest to validate with; there is no third part.
 *
 * @param text the text
 * @param vocabulary its characters, or its byte pairs
 * @param source where it came from
 */
public record TextCorpus(String text, Vocabulary vocabulary, Source source) implements Corpus {

    private static final double TRAIN_SHARE = 0.9;

    /**
     * {@return the corpus of the text that comes with the project}
     *
     * @param text the text
     */
    public static TextCorpus of(String text) {
        return of(text, Source.EMBEDDED_TEXT);
    }

    /**
     * {@return the corpus of a text, whose vocabulary is that of its characters, or of as many byte
     * pairs as the source asks for}
     *
     * @param text the text, not empty
     * @param source where it came from
     */
    public static TextCorpus of(String text, Source source) {
        String sha256 = PublishedFile.sha256(text.getBytes(StandardCharsets.UTF_8));
        Vocabulary vocabulary =
                source.bytePairs() == 0
                        ? CharVocabulary.ofText(text)
                        : BytePairVocabulary.train(text, source.bytePairs());
        return new TextCorpus(text, vocabulary, source.withSha256(sha256));
    }

    @Override
    public Examples examples(Part part, boolean everyPosition, int blockSize) {
        int[] tokens = vocabulary.encode(text);
        int cut = (int) (TRAIN_SHARE * tokens.length);
        int shorter = Math.min(cut, tokens.length - cut);
        if (shorter <= blockSize) {
            throw new DataFileException(
                    ("a tenth of the text, which is kept for validation, must be longer than the"
                                    + " context of %s characters, but has %s; take a longer text or"
                                    + " a shorter context")
                            .formatted(blockSize, shorter));
        }
        return part == Part.TRAIN
                ? windows(tokens, 0, cut, everyPosition, blockSize)
                : windows(tokens, cut, tokens.length, everyPosition, blockSize);
    }

    /**
     * Returns pieces of a part of the text, one from each token on, and what follows each of their
     * tokens or the last: the lecture's {@code get_batch}.
     */
    private static Examples windows(
            int[] tokens, int from, int to, boolean everyPosition, int blockSize) {
        Shape piece = new Shape(blockSize);
        Examples.Row context =
                new Examples.Row(
                        piece,
                        (example, values, at) ->
                                copy(tokens, from + example, blockSize, values, at));
        Examples.Row target =
                everyPosition
                        ? new Examples.Row(
                                piece,
                                (example, values, at) ->
                                        copy(tokens, from + example + 1, blockSize, values, at))
                        : new Examples.Row(
                                new Shape(),
                                (example, values, at) ->
                                        values[at] = tokens[from + example + blockSize]);
        // Pieces side by side hold each token once.
        return new Examples(to - from - blockSize, everyPosition ? blockSize : 1, context, target);
    }

    private static void copy(int[] tokens, int from, int count, long[] values, int at) {
        for (int i = 0; i < count; i++) {
            values[at + i] = tokens[from + i];
        }
    }
}
