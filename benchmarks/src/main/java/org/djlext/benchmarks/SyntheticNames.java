/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.djlext.makemore.data.Names;

/**
 * As many names as one likes: each character is what followed the two before it somewhere in the
 * embedded names.
 */
final class SyntheticNames {

    private static final int LONGEST = 15;

    private SyntheticNames() {}

    /** Writes names, a name a line; the same seed gives the same names. */
    static void write(Path file, int count, long seed) throws IOException {
        Map<String, List<Character>> followers = followers();
        SplittableRandom random = new SplittableRandom(seed);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < count; i++) {
                StringBuilder name = new StringBuilder("..");
                char next = 0;
                while (next != '.' && name.length() < LONGEST + 2) {
                    String last = name.substring(name.length() - 2);
                    List<Character> choices = followers.getOrDefault(last, List.of('.'));
                    next = choices.get(random.nextInt(choices.size()));
                    name.append(next);
                }
                int end = next == '.' ? name.length() - 1 : name.length();
                out.append(name, 2, end).append('\n');
            }
        }
    }

    private static Map<String, List<Character>> followers() {
        Map<String, List<Character>> followers = new HashMap<>();
        for (String name : Names.embedded()) {
            String padded = ".." + name + ".";
            for (int i = 2; i < padded.length(); i++) {
                followers
                        .computeIfAbsent(padded.substring(i - 2, i), key -> new ArrayList<>())
                        .add(padded.charAt(i));
            }
        }
        return followers;
    }
}
