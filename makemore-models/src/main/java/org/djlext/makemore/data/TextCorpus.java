/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

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
    public Windows examples(Part part, boolean everyPosition, int blockSize) {
        int[] tokens = vocabulary.encode(text);
        int cut = (int) (TRAIN_SHARE * tokens.length);
        int shorter = Math.min(cut, tokens.length - cut);
        if (shorter <= blockSize) {
            throw new DataFileException(
                    "a tenth of the text, which is kept for validation, must be longer than the"
                            + " context of "
                            + blockSize
                            + " characters, but has "
                            + shorter
                            + "; take a longer text or a shorter context");
        }
        return part == Part.TRAIN
                ? new Windows(tokens, 0, cut, everyPosition, blockSize)
                : new Windows(tokens, cut, tokens.length, everyPosition, blockSize);
    }
}
