/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.autograd.NativeSelfCheck;
import org.djlext.testing.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed libraries are those that the committed sources build to. */
class NativeLibraryTest {

    private static final Path SOURCES = Path.of("src", "main", "native");

    private static final Path COMMITTED = Path.of("src", "main", "resources", "native");

    private static final List<String> LIBRARIES =
            List.of(
                    "linux-aarch64/libdjlext_autograd.so",
                    "linux-x86_64/libdjlext_autograd.so",
                    "osx-aarch64/libdjlext_autograd.dylib",
                    "win-x86_64/djlext_autograd.dll");

    private static final List<String> COMPILERS =
            List.of("sh", "clang-19", "ld.lld-19", "ld64.lld-19", "lld-link-19", "llvm-dlltool-19");

    private static boolean onPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** The libraries below a folder, by platform. */
    private static List<String> libraries(Path folder) throws IOException {
        return files(folder).stream()
                .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                .toList();
    }

    private static String sha256OfSources() throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (Path source : files(SOURCES)) {
            digest.update(Files.readAllBytes(source));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @Test
    void committedLibrariesWereBuiltFromTheseSources()
            throws IOException, NoSuchAlgorithmException {
        String sha256 = sha256OfSources();
        assertEquals(LIBRARIES, libraries(COMMITTED));
        for (String library : LIBRARIES) {
            byte[] content = Files.readAllBytes(COMMITTED.resolve(library));
            assertTrue(
                    new String(content, StandardCharsets.ISO_8859_1).contains(sha256),
                    library + " is of other sources; run ./mvnw -Pnative compile and commit");
        }
        NativeHooks.ensureLoaded();
        assertEquals(sha256, NativeHooks.sourceSha256());
    }

    @Test
    void rebuiltLibrariesAreTheSameByteForByte(@TempDir Path dir)
            throws IOException, InterruptedException {
        assumeTrue(
                COMPILERS.stream().allMatch(NativeLibraryTest::onPath),
                "left out: needs clang-19, lld-19 and llvm-19");
        String script = SOURCES.resolve("build.sh").toString();
        Command build = Command.run(List.of("sh", script, "all", dir.toString()));
        assertEquals(0, build.exitCode(), build.output());
        assertEquals(LIBRARIES, libraries(dir));
        for (String library : LIBRARIES) {
            assertArrayEquals(
                    Files.readAllBytes(COMMITTED.resolve(library)),
                    Files.readAllBytes(dir.resolve(library)),
                    library);
        }
    }

    @Test
    void libraryOfAnotherCompilerBehavesTheSame(@TempDir Path dir)
            throws IOException, InterruptedException {
        assumeTrue(onPath("g++") && onPath("sh"), "left out: needs g++");
        Path library = dir.resolve("libdjlext_autograd.so");
        String script = SOURCES.resolve("build.sh").toString();
        Command build = Command.run(List.of("env", "CXX=g++", "sh", script, "", "" + library));
        assertEquals(0, build.exitCode(), build.output());
        Command committed = Command.run(Command.java(NativeSelfCheck.class));
        assertEquals(0, committed.exitCode(), committed.output());
        assertTrue(committed.output().contains("gradient [6.0, 12.0, 18.0]"), committed.output());
        String option = "-D" + NativeHooks.LIBRARY_PROPERTY + "=" + library;
        assertEquals(committed, Command.run(Command.java(NativeSelfCheck.class, option)));
    }

    // The driver that checks the libraries of other platforms too, with -Pnative-check.
    @Test
    void driverInCPassesOnThisPlatform(@TempDir Path dir) throws IOException, InterruptedException {
        Path maps = Path.of("/proc/self/maps");
        assumeTrue(onPath("gcc") && Files.exists(maps), "left out: needs gcc on Linux");
        NativeHooks.ensureLoaded();
        String torch = loaded(maps, "/libtorch_cpu.so").replace("/libtorch_cpu.so", "");
        String include = Path.of(System.getProperty("java.home"), "include").toString();
        String driver = dir.resolve("driver").toString();
        String compile = "gcc -O1 -Wall -Werror -Isrc/main/native/jni -I%s -o %s %s -ldl";
        String source = "src/test/native/driver.c";
        Command build = Command.run(List.of(compile.formatted(include, driver, source).split(" ")));
        assertEquals(0, build.exitCode(), build.output());
        Command check =
                Command.run(
                        List.of(
                                "env",
                                "LD_LIBRARY_PATH=" + torch,
                                driver,
                                torch,
                                loaded(maps, "libdjl_torch.so"),
                                loaded(maps, "libdjlext_autograd.so")));
        assertEquals(0, check.exitCode(), check.output());
        assertTrue(check.output().endsWith(" passed, 0 failed"), check.output());
    }

    /** The file that this process has loaded whose path ends so. */
    private static String loaded(Path maps, String end) throws IOException {
        try (Stream<String> lines = Files.lines(maps)) {
            String line = lines.filter(each -> each.endsWith(end)).findFirst().orElseThrow();
            return line.substring(line.indexOf('/'));
        }
    }

    // A Mac on Apple silicon ends a process with a library whose pages are not what its signature
    // says.
    @Test
    void signatureOfTheLibraryForMacosHoldsForEachPage()
            throws IOException, NoSuchAlgorithmException {
        byte[] file = Files.readAllBytes(COMMITTED.resolve(LIBRARIES.get(2)));
        ByteBuffer header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0xfeedfacf, header.getInt(0));
        int command = 32;
        while (header.getInt(command) != 0x1d) { // LC_CODE_SIGNATURE
            command += header.getInt(command + 4);
        }
        ByteBuffer signature = ByteBuffer.wrap(file); // the rest is big-endian
        int start = header.getInt(command + 8);
        assertEquals(0xfade0cc0, signature.getInt(start));
        int directory = start + signature.getInt(start + 16);
        assertEquals(0xfade0c02, signature.getInt(directory));
        int hashes = directory + signature.getInt(directory + 16);
        int pages = signature.getInt(directory + 28);
        int limit = signature.getInt(directory + 32);
        int size = 1 << signature.get(directory + 39);
        assertEquals(start, limit);
        assertEquals((limit + size - 1) / size, pages);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (int page = 0; page < pages; page++) {
            digest.update(
                    Arrays.copyOfRange(file, page * size, Math.min((page + 1) * size, limit)));
            int at = hashes + page * 32;
            assertArrayEquals(Arrays.copyOfRange(file, at, at + 32), digest.digest());
        }
    }
}
