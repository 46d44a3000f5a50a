/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.testing.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed library is the one that the committed source builds to. */
class NativeLibraryTest {

    private static final Path SOURCES = Path.of("src", "main", "native");

    /** Runs {@link NativeSelfCheck} in a JVM of its own. */
    private static Command selfCheck(String... options) throws IOException, InterruptedException {
        return Command.run(Command.java(NativeSelfCheck.class, options));
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
    }

    @Test
    void committedLibraryWasBuiltFromThisSource() throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (String source : List.of("abi.h", "djlext_autograd.cc", "symbols.inc")) {
            digest.update(Files.readAllBytes(SOURCES.resolve(source)));
        }
        String sha256 = HexFormat.of().formatHex(digest.digest());
        NativeHooks.ensureLoaded();
        assertEquals(sha256, NativeHooks.sourceSha256(), "run ./mvnw -Pnative compile and commit");
    }

    @Test
    void freshlyBuiltLibraryBehavesTheSame(@TempDir Path dir)
            throws IOException, InterruptedException {
        assumeTrue(onPath("g++") && onPath("sh"), "there is no g++ to build with");
        Path library = dir.resolve("libdjlext_autograd.so");
        Command build =
                Command.run(
                        List.of("sh", SOURCES.resolve("build.sh").toString(), library.toString()));
        assertEquals(0, build.exitCode(), build.output());
        Command committed = selfCheck();
        assertEquals(0, committed.exitCode(), committed.output());
        assertTrue(committed.output().contains("gradient [6.0, 12.0, 18.0]"), committed.output());
        Command fresh = selfCheck("-D" + NativeHooks.LIBRARY_PROPERTY + "=" + library);
        assertEquals(committed, fresh);
    }
}
