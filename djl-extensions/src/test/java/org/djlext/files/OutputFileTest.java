/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.testing.Command;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS) // links and devices are made as Unix has them
class OutputFileTest {

    private final Path dir;

    OutputFileTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void theTargetOfALinkIsReplacedAndTheLinkStays() throws IOException {
        Path target =
                Files.writeString(Files.createDirectory(dir.resolve("far")).resolve("a"), "1");
        Path second = Files.createSymbolicLink(dir.resolve("second"), Path.of("far", "a"));
        Path first = Files.createSymbolicLink(dir.resolve("first"), second);
        OutputFile.writeString(first, "2");
        assertEquals("2", Files.readString(target));
        assertTrue(Files.isSymbolicLink(first) && Files.isSymbolicLink(second));
        OutputFile.deleteIfExists(first);
        assertFalse(Files.exists(target));
        OutputFile.writeString(first, "3"); // through a link that leads to nothing yet
        assertEquals("3", Files.readString(target));
        assertEquals(List.of("far", "first", "second"), files());
    }

    @Test
    void linksInACircleAndFoldersThatAreNotThereAreRefused() throws IOException {
        Path a = dir.resolve("a");
        Files.createSymbolicLink(a, dir.resolve("b"));
        Files.createSymbolicLink(dir.resolve("b"), a);
        assertThrows(FileSystemException.class, () -> OutputFile.writeString(a, "x"));
        Path file = dir.resolve("none").resolve("file");
        assertThrows(IOException.class, () -> OutputFile.writeString(file, "x"));
        assertFalse(Files.exists(file, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void whatIsNoFileIsLeftAlone() throws Exception {
        Path pipe = dir.resolve("pipe");
        assertEquals(0, run("mkfifo", pipe.toString()));
        Path link = Files.createSymbolicLink(dir.resolve("link"), pipe);
        for (Path file : List.of(pipe, link, dir)) {
            assertFailsSaying(
                    IOException.class,
                    () -> OutputFile.writeString(file, "x"),
                    ", which is not replaced");
            assertThrows(IOException.class, () -> OutputFile.deleteIfExists(file));
        }
        assertTrue(Files.readAttributes(pipe, "isOther").containsValue(true));
        // As root this one is made, and would be replaced by a rename.
        Path device = dir.resolve("device");
        if (run("mknod", device.toString(), "c", "1", "3") == 0) {
            assertThrows(IOException.class, () -> OutputFile.writeString(device, "x"));
            assertTrue(Files.readAttributes(device, "isOther").containsValue(true));
        }
    }

    @Test
    void aPlantedPartIsNotWrittenTo() throws IOException {
        Path victim = Files.writeString(dir.resolve("victim"), "precious");
        Path file = dir.resolve("file");
        Files.createSymbolicLink(dir.resolve("file.part"), victim);
        OutputFile.writeString(file, "new");
        assertEquals("precious", Files.readString(victim));
        Files.createLink(dir.resolve("file.part"), victim); // not to be told from a file
        OutputFile.writeString(file, "newer");
        assertEquals("precious", Files.readString(victim));
        assertEquals("newer", Files.readString(file));
        assertFalse(Files.isSymbolicLink(file));
        assertEquals(List.of("file", "victim"), files());
    }

    @Test
    void aWriterThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "old");
        for (Throwable failure : List.of(new IOException("full"), new OutOfMemoryError("full"))) {
            assertThrows(
                    failure.getClass(),
                    () ->
                            OutputFile.write(
                                    file,
                                    out -> {
                                        out.write(new byte[10_000]);
                                        if (failure instanceof Error e) {
                                            throw e;
                                        }
                                        throw (IOException) failure;
                                    }));
            assertEquals("old", Files.readString(file));
            assertEquals(List.of("file"), files());
        }
    }

    @Test
    void aFullDiskLeavesTheOldFileAndNothingElse() throws Exception {
        // A mount needs root; without it the test before is all that can be done.
        Assumptions.assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir.toString()) == 0,
                "no file system can be mounted");
        try {
            Path file = dir.resolve("file");
            OutputFile.writeString(file, "old");
            assertThrows(
                    IOException.class,
                    () -> OutputFile.write(file, out -> out.write(new byte[1 << 20])));
            assertEquals("old", Files.readString(file));
            assertEquals(List.of("file"), files());
        } finally {
            assertEquals(0, run("umount", dir.toString()));
        }
    }

    @Test
    void theNewFileHasThePermissionsOfTheOld() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "old");
        for (String permissions : List.of("rw-------", "rw-rw-r--", "r--------")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            OutputFile.writeString(file, "new");
            assertEquals(
                    permissions,
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
    }

    /** One of two that write at once may be refused, but no mixture of both may come to be. */
    @Test
    void twoWritersAtOnceDoNotMix() throws IOException {
        Path file = dir.resolve("file");
        assertFailsSaying(
                FileSystemException.class,
                () ->
                        OutputFile.write(
                                file,
                                out -> {
                                    out.write('a');
                                    OutputFile.writeString(file, "bb");
                                    out.write('a');
                                }),
                "another process writes it at the same time");
        assertEquals("bb", Files.readString(file));
        assertEquals(List.of("file"), files());
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return Command.run(List.of(command)).exitCode();
    }
}
