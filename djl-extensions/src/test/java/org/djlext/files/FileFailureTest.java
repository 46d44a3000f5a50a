/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What the system refuses, in words. */
@SuppressWarnings("NullAway.Init") // JUnit sets the folder
class FileFailureTest {

    @TempDir Path dir;

    private static String reason(Executable refused) {
        return FileFailure.reason(assertThrows(IOException.class, refused));
    }

    @Test
    void reasonsAreWords() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "text");
        Path missing = dir.resolve("none/file");
        assertEquals("no such file or folder", reason(() -> OutputFile.writeString(missing, "")));
        assertEquals("there is a file of that name", reason(() -> Files.createDirectories(file)));
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
