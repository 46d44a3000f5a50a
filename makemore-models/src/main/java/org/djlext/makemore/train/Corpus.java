/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.NameSplit;

/**
 * The names that a model is trained and evaluated on.
 *
 * @param split training, dev and test names
 * @param vocabulary the characters of all of them
 * @param longest the number of characters of the longest name
 * @param sha256 tells these names from others
 */
public record Corpus(NameSplit split, CharVocabulary vocabulary, int longest, String sha256) {

    /**
     * Splits names as the lectures do.
     *
     * @param names the names, in the order of the file
     * @return the corpus
     */
    public static Corpus of(List<String> names) {
        int longest = 0;
        MessageDigest digest = newDigest();
        for (String name : names) {
            longest = Math.max(longest, name.codePointCount(0, name.length()));
            digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return new Corpus(
                NameSplit.of(names),
                CharVocabulary.of(names),
                longest,
                HexFormat.of().formatHex(digest.digest()));
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
