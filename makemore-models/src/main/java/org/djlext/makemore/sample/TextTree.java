/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.djlext.makemore.model.LanguageModel;

/**
 * The different texts among names that grow together: names that are alike so far have one text,
 * which the model has to read only once. All names start alike, and after one character there are
 * not more texts than characters in the alphabet.
 *
 * <p>Texts whose ends a model cannot tell apart count as one too.
 */
final class TextTree {

    private final int characters;
    // How many different ends a model can tell apart; 0 if that is more than there can be texts.
    private final long ends;
    private final int[] textOf; // of each name
    private long[] endOf = {0}; // of each text
    private long[] parents = {0};
    private long[] lastCharacters = {0};

    /** Starts with one text for all names, in which nothing has been read. */
    TextTree(int names, LanguageModel model) {
        characters = model.config().vocabSize();
        double count = Math.pow(characters, model.reach());
        ends = count < (1L << 53) ? (long) count : 0;
        textOf = new int[names];
    }

    /** Returns the number of the name's text, which is its place in the last step. */
    int textOf(int name) {
        return textOf[name];
    }

    /** Returns for each text the one of the step before that it continues. */
    long[] parents() {
        return parents;
    }

    /** Returns the last character of each text. */
    long[] lastCharacters() {
        return lastCharacters;
    }

    /**
     * Reads a character of some names.
     *
     * @param names the names
     * @param read a character of each of these names
     */
    void advance(int[] names, int[] read) {
        Map<Long, Integer> texts = new HashMap<>();
        long[] continued = new long[names.length];
        long[] added = new long[names.length];
        long[] keys = new long[names.length];
        for (int i = 0; i < names.length; i++) {
            int parent = textOf[names[i]];
            long key =
                    ends > 0
                            ? (endOf[parent] * characters + read[i]) % ends
                            : (long) parent * characters + read[i];
            int count = texts.size();
            Integer known = texts.putIfAbsent(key, count);
            if (known == null) {
                continued[count] = parent;
                added[count] = read[i];
                keys[count] = key;
            }
            textOf[names[i]] = known == null ? count : known;
        }
        endOf = Arrays.copyOf(keys, texts.size());
        parents = Arrays.copyOf(continued, texts.size());
        lastCharacters = Arrays.copyOf(added, texts.size());
    }
}
