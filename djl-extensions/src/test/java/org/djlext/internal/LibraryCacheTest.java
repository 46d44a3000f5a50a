/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.testing.RepeatThreads;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a planted file, a foreign folder and a second process do to the cache of libraries. */
class LibraryCacheTest {

    private static final byte[] ABC = "abc".getBytes(StandardCharsets.US_ASCII);

    // FIPS 180-2, appendix B.1.
    private static final String SHA256_OF_ABC =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private Path home;

    @BeforeEach
    void takeHome(@TempDir Path dir) {
        home = dir;
    }

    private static void assumePosix() {
        assumeTrue(
                FileSystems.getDefault().supportedFileAttributeViews().contains("posix"),
                "left out: no POSIX permissions here");
    }

    private LibraryCache cache() {
        return new LibraryCache(home.resolve("djl/djlext"));
    }

    private Path put() throws IOException {
        return cache().put("lib.so", ABC, 0);
    }

    private List<Path> foldersAbove(Path file) {
        Path sha256 = home.resolve("djl/djlext").resolve(SHA256_OF_ABC);
        assertTrue(file.startsWith(sha256), file.toString());
        return List.of(sha256, home.resolve("djl/djlext"), home.resolve("djl"));
    }

    private static Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void fileIsNamedByItsContentAndIsItsOwnersAlone() throws IOException {
        assumePosix();
        Path file = put();
        assertEquals(home.resolve("djl/djlext").resolve(SHA256_OF_ABC).resolve("lib.so"), file);
        assertArrayEquals(ABC, Files.readAllBytes(file));
        assertEquals("rw-------", permissions(file));
        for (Path p : foldersAbove(file)) {
            assertEquals("rwx------", permissions(p), p.toString());
        }
        try (Stream<Path> files = Files.list(foldersAbove(file).get(0))) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void fileThatIsThereStays() throws IOException {
        Path file = put();
        Object key = fileKey(file);
        assertEquals(file, put());
        assertEquals(key, fileKey(file));
        Path second = cache().put("lib.so", ABC, 1);
        assertNotEquals(file, second);
        assertArrayEquals(ABC, Files.readAllBytes(second));
    }

    @Test
    void plantedFileIsReplaced() throws IOException {
        Path file = put();
        for (String planted : List.of("abd", "ab", "abcd", "")) {
            Files.writeString(file, planted);
            put();
            assertArrayEquals(ABC, Files.readAllBytes(file), planted);
        }
    }

    @Test
    void plantedLinkAndFileThatEveryUserCanWriteAreReplaced() throws IOException {
        assumePosix();
        Path file = put();
        Path elsewhere = Files.write(home.resolve("elsewhere"), ABC);
        Files.delete(file);
        Files.createSymbolicLink(file, elsewhere);
        put();
        assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
        assertNotEquals(fileKey(elsewhere), fileKey(file));
        assertArrayEquals(ABC, Files.readAllBytes(elsewhere));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        put();
        assertEquals("rw-------", permissions(file));
    }

    @Test
    void folderThatEveryUserCanWriteIsRefused() throws IOException {
        assumePosix();
        for (Path p : foldersAbove(put())) {
            Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rwxrwxrwx"));
            assertFails(IOException.class, p + " can be written to by every user", this::put);
            Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void folderOfAnotherUserIsRefused() throws IOException {
        assumePosix();
        assumeTrue(
                System.getProperty("user.name").equals("root"),
                "left out: only root can give a folder away");
        Path file = put();
        for (Path p : foldersAbove(file)) {
            Files.setAttribute(p, "unix:uid", 54321);
            assertFails(IOException.class, p + " can be written to by user 54321", this::put);
            Files.setAttribute(p, "unix:uid", 0);
        }
        Files.setAttribute(file, "unix:uid", 54321);
        put();
        assertEquals(0, Files.getAttribute(file, "unix:uid"));
    }

    @Test
    void linkIsRefusedInPlaceOfTheFolderButFollowedFromDjls() throws IOException {
        assumePosix();
        // To another disk.
        Files.createDirectory(home.resolve("disk"));
        Files.createSymbolicLink(home.resolve("djl"), home.resolve("disk"));
        assertArrayEquals(ABC, Files.readAllBytes(put()));
        Path folder = foldersAbove(put()).get(0);
        Files.move(folder, home.resolve("moved"));
        Files.createSymbolicLink(folder, home.resolve("moved"));
        assertFails(IOException.class, folder + " is not a folder", this::put);
    }

    @RepeatThreads
    void manyAtOnceSeeTheWholeFileOrNone() throws Exception {
        byte[] content = new byte[1 << 20];
        content[content.length - 1] = 1;
        Threads.run(
                16,
                t -> {
                    for (int i = 0; i < 4; i++) {
                        Path file = cache().put("lib.so", content, 0);
                        assertArrayEquals(content, Files.readAllBytes(file));
                    }
                });
        try (Stream<Path> files = Files.walk(home)) {
            assertFalse(files.anyMatch(f -> f.toString().endsWith(".part")));
        }
    }
}
