/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed library is the one that the committed source builds to. */
class NativeLibraryTest {

    private static final Path SOURCES = Path.of("src", "main", "native");

    private record Outcome(int exitCode, String output) {}

    private static Outcome run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), output.strip());
    }

    /** Runs {@link NativeSelfCheck} in a JVM of its own. */
    private static Outcome selfCheck(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(NativeSelfCheck.class.getName());
        return run(command);
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
        Outcome build =
                run(List.of("sh", SOURCES.resolve("build.sh").toString(), library.toString()));
        assertEquals(0, build.exitCode, build.output);
        Outcome committed = selfCheck();
        assertEquals(0, committed.exitCode, committed.output);
        assertTrue(committed.output.contains("gradient [6.0, 12.0, 18.0]"), committed.output);
        Outcome fresh = selfCheck("-D" + NativeHooks.LIBRARY_PROPERTY + "=" + library);
        assertEquals(committed, fresh);
    }

    @Test
    void withoutTheLibraryOneSentenceSaysWhatToDo() throws IOException, InterruptedException {
        Outcome outcome = selfCheck("-D" + NativeHooks.LIBRARY_PROPERTY + "=/no/such/file.so");
        assertEquals(3, outcome.exitCode, outcome.output);
        assertTrue(outcome.output.contains("forward [1.0, 4.0, 9.0]"), outcome.output);
        assertTrue(outcome.output.contains("worker [16.0]"), outcome.output);
        assertTrue(
                outcome.output.contains(
                        "custom gradients need the native library of djl-extensions, which could"
                                + " not be loaded on linux-"),
                outcome.output);
        assertTrue(outcome.output.contains("/no/such/file.so"), outcome.output);
        assertTrue(outcome.output.contains("build.sh FILE and start java with -D"), outcome.output);
        assertFalse(outcome.output.contains("\tat "), outcome.output);
    }
}
