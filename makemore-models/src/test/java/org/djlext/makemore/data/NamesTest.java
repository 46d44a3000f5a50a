/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamesTest {

    private final Path dir;

    NamesTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private Path file(String text) throws IOException {
        return Files.writeString(dir.resolve("names.txt"), text);
    }

    private static String message(Path file) {
        return String.valueOf(
                assertThrows(DataFileException.class, () -> Names.read(file)).getMessage());
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
    void anyAlphabetCanBeRead() throws IOException {
        Path file = file("\uFEFFÄgir\r\n\r\nюля\n  小明 \n");
        assertEquals(
                List.of("Ägir", "юля", "小明"),
                Source.names(List.of(file.toString())).items().items());
    }

    @Test
    void badFilesAreRefusedInOneSentence() throws IOException {
        Path missing = dir.resolve("missing.txt");
        assertEquals(missing + " does not exist", message(missing));
        Path empty = file("\n\n");
        assertEquals(empty + " is empty; give a file with an item a line", message(empty));
        Path digits = file("emma\n\nbob2\n");
        assertEquals(
                "a name may hold the letters a to z, but line 3 of " + digits + " is \"bob2\"",
                message(digits));
        Path upper = file("Emma\n");
        assertTrue(message(upper).endsWith("is \"Emma\"; convert the file to lower case"));
        Path binary = dir.resolve("binary");
        Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertEquals(
                "line 1 of "
                        + binary
                        + " is not UTF-16LE: it has the byte 0x00; the file may be cut off",
                message(binary));
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
}
