/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.djlext.makemore.testing.LectureNames;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists of names: read, split, their characters, and three million of them. */
class NamesTest {

    private static final int COUNT = 3_200_000;

    private final Path dir;

    NamesTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private Path file(String text) throws IOException {
        return Files.writeString(dir.resolve("names.txt"), text);
    }

    @Test
    void embeddedNamesAreManyAndDistinct() {
        List<String> names = Names.embedded();
        assertTrue(names.size() >= 1000, names.size() + " names");
        assertEquals(names.size(), new HashSet<>(names).size());
        assertTrue(names.stream().allMatch(name -> name.matches("[a-z]{2,15}")));
    }

    @Test
    void emptyLinesAndWindowsLineEndsAreLeftOut() throws IOException {
        assertEquals(List.of("emma", "olivia"), Names.read(file("emma\r\n\r\n\nolivia\r\n")));
        assertEquals(List.of("emma"), Names.read(file("emma")));
    }

    @Test
    void badFilesAreRefusedInOneSentence() throws IOException {
        Path digits = file("emma\n\nbob2\n");
        assertBad(
                "a name may hold the letters a to z, but line 3 of " + digits + " is \"bob2\"",
                digits);
        assertBad("is \"Emma\"; convert the file to lower case", file("Emma\n"));
        Path binary = Files.write(dir.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertBad(
                "line 1 of "
                        + binary
                        + " is not UTF-16LE: it has the byte 0x00; the file may be cut off",
                binary);
    }

    @Test
    void vocabularyKnowsItsCharactersAndNoOthers() {
        CharVocabulary letters = CharVocabulary.LETTERS;
        assertEquals(27, letters.size());
        assertEquals(0, letters.index('.'));
        assertEquals(26, letters.index('z'));
        assertEquals("e", letters.character(5));
        assertThrows(IllegalArgumentException.class, () -> letters.index('E'));
        assertThrows(IllegalArgumentException.class, () -> letters.index(-1));
        assertThrows(IllegalArgumentException.class, () -> letters.character(27));
        assertThrows(IllegalArgumentException.class, () -> new CharVocabulary("abc"));
        assertThrows(IllegalArgumentException.class, () -> new CharVocabulary(".aa"));
    }

    @Test
    void vocabularyOfAnyAlphabet() {
        CharVocabulary vocabulary =
                CharVocabulary.of(List.of("Ägir", "юля", "小明", "\uD83D\uDE00i"));
        assertEquals(".girÄ" + "люя小明\uD83D\uDE00", vocabulary.characters());
        assertEquals(11, vocabulary.size());
        assertEquals("\uD83D\uDE00", vocabulary.character(10));
        assertArrayEquals(new int[] {10, 2}, vocabulary.encode("\uD83D\uDE00i"));
        // Names with a '.' of their own are ended by something else.
        assertEquals("\n.ajr", CharVocabulary.of(List.of("jr.", "a")).characters());
    }

    @Test
    void splitOfTheRealNamesIsTheLectures() {
        List<String> names = LectureNames.all();
        JsonObject golden = Golden.read("/golden/name_split.json");
        assertEquals(32033, names.size());
        NameSplit split = NameSplit.of(names);
        List<List<String>> parts = List.of(split.train(), split.dev(), split.test());
        List<String> keys = List.of("train_first10", "dev_first10", "test_first10");
        for (int i = 0; i < 3; i++) {
            List<String> part = parts.get(i);
            assertEquals(golden.getAsJsonArray("words_per_split").get(i).getAsInt(), part.size());
            List<String> first = Golden.strings(golden.get(keys.get(i)));
            assertEquals(first, part.subList(0, first.size()));
            assertEquals(
                    golden.getAsJsonArray("examples_per_split_part3_4_5").get(i).getAsInt(),
                    Contexts.of(part, 3, CharVocabulary.LETTERS).size());
        }
    }

    @Test
    void aDownloadThatFailsSaysWhyAndWhatToDo() {
        // The top-level domain invalid has no hosts (RFC 2606).
        PublishedFile none =
                new PublishedFile("the text", "no-such-text.txt", "http://host.invalid/text", "00");
        assertFails(
                DataFileException.class,
                "the text cannot be fetched from http://host.invalid/text, because no address is"
                        + " known for its host, so there may be no network; if you have the file,"
                        + " give it with --data FILE, or --text FILE",
                none::download);
    }

    @Test
    void tooFewNamesCannotBeSplit() {
        assertFails(
                DataFileException.class,
                "a split in three parts needs at least 10 names, but got 2",
                () -> NameSplit.of(List.of("emma", "olivia")));
    }

    private static void assertBad(String part, Path file) {
        assertFailsSaying(DataFileException.class, () -> Names.read(file), part);
    }

    // The surefire plugin gives these tests 512 MB.
    @Test
    void millionsOfNamesFitIntoTheHeapAsTextAndAsExamples() throws IOException {
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
