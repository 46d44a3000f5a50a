/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManyNamesTest {

    private static final int COUNT = 3_200_000;

    // The surefire plugin gives these tests 512 MB.
    @Test
    void millionsOfNamesFitIntoTheHeapAsTextAndAsExamples(@TempDir Path dir) throws IOException {
        Path file = dir.resolve("names.txt");
        Random random = new Random(4);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < COUNT; i++) {
                out.append(name(random.nextLong())).append('\n');
            }
        }
        List<String> names = Names.read(file);
        assertEquals(COUNT, names.size());
        NameSplit split = NameSplit.of(names);
        CharVocabulary vocabulary = CharVocabulary.of(names);
        Examples contexts = Contexts.of(split.train(), 8, vocabulary);
        Examples sequences = Sequences.of(split.dev(), 10, vocabulary);
        assertEquals(COUNT / 10, sequences.size());
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        long used = runtime.totalMemory() - runtime.freeMemory();
        assertTrue(used < 400_000_000, used + " bytes");

        // The end of the last training name, and before it the name itself.
        String last = split.train().get(split.train().size() - 1);
        int row = contexts.size() - 1;
        try (NDManager manager = NDManager.newBaseManager()) {
            long[] x = contexts.slice(manager, row, row + 1).x().toLongArray();
            int[] tail = vocabulary.encode(last);
            for (int back = 1; back <= 8; back++) {
                int want = back <= tail.length ? tail[tail.length - back] : 0;
                assertEquals(want, x[8 - back], last);
            }
            assertArrayEquals(
                    new long[] {0}, contexts.slice(manager, row, row + 1).y().toLongArray());
        }
    }

    // Up to nine letters.
    private static String name(long bits) {
        StringBuilder name = new StringBuilder();
        for (long rest = bits >>> 21; rest > 0; rest /= 32) {
            name.append((char) ('a' + rest % 26));
        }
        return name.toString();
    }

    @Test
    void partsOfASplitAreThoseOfPythonAndEndWhereTheyEnd() {
        List<String> names = new Random(4).ints(3000).mapToObj(Integer::toString).toList();
        int[] order = IntStream.range(0, names.size()).toArray();
        new PythonRandom(42).shuffle(order);
        List<String> shuffled = IntStream.of(order).mapToObj(names::get).toList();
        NameSplit split = NameSplit.of(names);
        assertEquals(shuffled.subList(0, 2400), split.train());
        assertEquals(shuffled.subList(2400, 2700), split.dev());
        assertEquals(shuffled.subList(2700, 3000), split.test());
        assertThrows(IndexOutOfBoundsException.class, () -> split.dev().get(300));
    }

    @Test
    void moreThanAnArrayHoldsIsRefusedInOneSentence() {
        List<String> names = Collections.nCopies(300_000_000, "olivia.");
        assertFails(
                DataFileException.class,
                "the names may have 2147483639 characters, counting an end for each, but have"
                        + " 2400000000; give fewer names",
                () -> Contexts.of(names, 3, CharVocabulary.LETTERS));
    }
}
