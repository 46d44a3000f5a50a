/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Files that are read, and what the system refuses, in words. */
class InputFileTest {

    private final Path dir;

    InputFileTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private static String refused(Path file) {
        return message(IOException.class, () -> InputFile.readBytes(file));
    }

    @Test
    void textsAreReadAsTheyAre() throws IOException {
        String text = "\uFEFFÄ\r\n小\u0000";
        assertEquals(text, InputFile.readString(Files.writeString(dir.resolve("a"), text)));
        assertEquals("", InputFile.readString(Files.writeString(dir.resolve("b"), "")));
    }

    @Test
    void whatIsNoFileIsRefused() throws IOException {
        assertEquals("does not exist", refused(dir.resolve("none")));
        assertEquals("is a directory; give a file", refused(dir));
        Path binary = Files.write(dir.resolve("binary"), new byte[] {(byte) 0xC0, (byte) 0x80});
        assertFails(
                IOException.class,
                "must be text in UTF-8, but is not",
                () -> InputFile.readString(binary));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aDeviceWithoutAnEndIsRefused() throws IOException {
        assertEquals("is a device or a pipe; give a file", refused(Path.of("/dev/zero")));
        Path link = Files.createSymbolicLink(dir.resolve("link"), Path.of("/dev/zero"));
        assertEquals("is a device or a pipe; give a file", refused(link));
    }

    @Test
    void aFileThatDoesNotFitIntoMemoryIsRefused() throws IOException {
        Path large = dir.resolve("large");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(100L << 30); // of holes, which take no room
        }
        String message = refused(large);
        assertTrue(message.startsWith("has 102400 MiB, more than the "), message);
        assertTrue(
                message.endsWith(" that fit into memory; start java with a larger -Xmx"), message);
    }

    private static String reason(Executable refused) {
        return FileFailure.reason(assertThrows(IOException.class, refused));
    }

    @Test
    void reasonsAreWords() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "text");
        Path missing = dir.resolve("none/file");
        assertEquals("no such file or folder", reason(() -> OutputFile.writeString(missing, "")));
        assertEquals("there is a file of that name", reason(() -> Files.createDirectories(file)));
        Files.createDirectories(dir.resolve("full.part/in"));
        assertEquals(
                "there is a folder of that name",
                reason(() -> OutputFile.writeString(dir.resolve("full"), "")));
        Thread.currentThread().interrupt();
        assertEquals(
                "the thread was interrupted",
                reason(() -> OutputFile.writeString(dir.resolve("late"), "")));
        assertTrue(Thread.interrupted());
        assertEquals("permission denied", FileFailure.reason(new AccessDeniedException("file")));
        assertEquals("UTF-8 is expected", FileFailure.reason(new IOException("UTF-8 is expected")));
        assertEquals("IOException", FileFailure.reason(new IOException()));
    }

    /** The words of Linux, which Windows has in other ones. */
    @Test
    void reasonsOfTheSystemBeginWithASmallLetter() throws IOException {
        assumeTrue(Files.exists(Path.of("/dev/full")));
        Path file = Files.writeString(dir.resolve("file"), "text");
        Path in = file.resolve("in");
        assertEquals("not a directory", reason(() -> OutputFile.writeString(in, "")));
        assertEquals(
                "no space left on device",
                reason(() -> Files.writeString(Path.of("/dev/full"), "a")));
    }
}
