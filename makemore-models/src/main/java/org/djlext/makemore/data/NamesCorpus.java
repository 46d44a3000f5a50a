/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/**
 * Names, split as the lectures do.
 *
 * @param split training, dev and test names
 * @param vocabulary the characters of all of them
 * @param longest the number of characters of the longest name
 * @param source where they came from
 */
public record NamesCorpus(NameSplit split, CharVocabulary vocabulary, int longest, Source source)
        implements Corpus {

    /**
     * {@return the corpus of names that come with the project}
     *
     * @param names the names
     */
    public static NamesCorpus of(List<String> names) {
        return of(names, Source.EMBEDDED_NAMES);
    }

    /**
     * {@return the corpus of names}
     *
     * @param names the names, in the order of the file
     * @param source where they came from
     */
    public static NamesCorpus of(List<String> names, Source source) {
        int longest = 0;
        MessageDigest digest = PublishedFile.newDigest();
        for (String name : names) {
            longest = Math.max(longest, name.codePointCount(0, name.length()));
            digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
        }
        String sha256 = HexFormat.of().formatHex(digest.digest());
        return new NamesCorpus(
                NameSplit.of(names), CharVocabulary.of(names), longest, source.withSha256(sha256));
    }

    @Override
    public Examples examples(Part part, boolean everyPosition, int blockSize) {
        List<String> names =
                switch (part) {
                    case TRAIN -> split.train();
                    case DEV -> split.dev();
                    case TEST -> split.test();
                };
        return Examples.of(names, vocabulary, everyPosition, blockSize);
    }
}
