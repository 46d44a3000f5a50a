/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.util.Utils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.autograd.GraphPicture;
import org.djlext.autograd.NativeSelfCheck;
import org.djlext.testing.Command;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the library is loaded from, and what is said where that cannot be. Each run is a JVM. */
class NativeLoadingTest {

    private static final String WORKS = "gradient [6.0, 12.0, 18.0]";

    private Path cache;
    private Path temporary;

    // libtorch, which is large, stays where it is.
    @BeforeEach
    void linkLibtorch(@TempDir Path cache, @TempDir Path temporary) throws IOException {
        this.cache = cache;
        this.temporary = temporary;
        assumeTrue(
                System.getProperty("os.name").equals("Linux"),
                "left out: links and mounts of Linux");
        NativeHooks.ensureLoaded();
        Files.createSymbolicLink(cache.resolve("pytorch"), Utils.getEngineCacheDir("pytorch"));
    }

    @AfterEach
    void unlinkLibtorch() throws IOException {
        Files.deleteIfExists(cache.resolve("pytorch"));
    }

    /** Runs the check after some commands of a shell, which see the folders as $1 and $2. */
    private Command selfCheck(String shell, String... options)
            throws IOException, InterruptedException {
        List<String> jvmOptions = new ArrayList<>(List.of(options));
        jvmOptions.add("-DDJL_CACHE_DIR=" + cache);
        jvmOptions.add("-Djava.io.tmpdir=" + temporary);
        List<String> command = new ArrayList<>();
        if (shell.contains("mount ")) {
            assumeTrue(
                    Command.run(List.of("sh", "-c", "unshare -m true")).exitCode() == 0,
                    "left out: mounts of a test's own need root and unshare");
            command.addAll(List.of("unshare", "-m"));
        }
        command.addAll(List.of("sh", "-c", "set -e; " + shell + " shift 2; exec \"$@\"", "sh"));
        command.addAll(List.of(cache.toString(), temporary.toString()));
        command.addAll(Command.java(NativeSelfCheck.class, jvmOptions.toArray(String[]::new)));
        return Command.run(command);
    }

    private void assertWorks(Command check) {
        assertEquals(0, check.exitCode(), check.output());
        assertTrue(check.output().contains(WORKS), check.output());
    }

    private void assertOneSentence(Command check, String... parts) {
        assertEquals(3, check.exitCode(), check.output());
        assertContains(
                check.output(),
                "forward [1.0, 4.0, 9.0]",
                "custom gradients need the native library of djl-extensions, which could not be"
                        + " loaded on linux-",
                " with libtorch 2.");
        assertContains(check.output(), parts);
        assertFalse(check.output().contains("\tat "), check.output());
    }

    /** Commands of a shell after which folders are mounted in a way. */
    private static String mounted(String folders, String how) {
        return String.format(
                "for d in %s; do mount --bind $d $d; mount -o remount,bind,%s $d; done;",
                folders, how);
    }

    private void assertNothingInTheTemporaryFolder() throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            assertEquals(List.of(), files.filter(f -> f.toString().contains("djlext")).toList());
        }
    }

    private List<Path> libraries() throws IOException {
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void libraryLiesInDjlsCacheFolderAndNothingIsLeftInTheTemporaryOne() throws Exception {
        assertWorks(selfCheck("umask 000;"));
        Path library = libraries().get(0);
        assertEquals(List.of(library), libraries());
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(library)));
        // Loaded, what is planted here would abort the run.
        Files.writeString(library, "planted");
        assertWorks(selfCheck(""));
        assertTrue(Files.size(library) > 1000);
        assertNothingInTheTemporaryFolder();
    }

    @Test
    void temporaryFolderIsTheSecondChoice() throws Exception {
        assertWorks(selfCheck("chmod 777 $1;"));
        assertEquals(List.of(), libraries());
        assertWorks(selfCheck("chmod 700 $1;" + mounted("$1", "ro")));
        assertEquals(List.of(), libraries());
        assertWorks(selfCheck(mounted("$1", "noexec")));
        assertNothingInTheTemporaryFolder();
    }

    @Test
    void librariesThatAreThereNeedNoWriting() throws Exception {
        assertWorks(selfCheck(""));
        assertWorks(selfCheck(mounted("$1 $2", "ro")));
    }

    @Test
    void foldersThatCannotBeWrittenOrForbidExecutionAreNamed() throws Exception {
        assertOneSentence(
                selfCheck(mounted("$1 $2", "ro")),
                cache + "/djlext: Read-only file system; " + temporary + ": ",
                "set DJL_CACHE_DIR or -Djava.io.tmpdir to a folder");
        assertOneSentence(
                selfCheck(mounted("$1 $2", "noexec")),
                cache + "/djlext/",
                temporary + "/djlext",
                "failed to map segment from shared object",
                "is not mounted noexec");
    }

    @Test
    void customFileIsLoadedAndNamedWhereItCannotBe() throws Exception {
        assertWorks(selfCheck(""));
        Path custom = temporary.resolve("custom.so");
        Files.move(libraries().get(0), custom);
        assertWorks(selfCheck("", "-Dorg.djlext.native=" + custom));
        assertEquals(List.of(), libraries());
        assertOneSentence(
                selfCheck("", "-Dorg.djlext.native=/no/such/file.so"),
                "/no/such/file.so",
                "leave it out to take the one in the jar");
    }

    /** A program whose first use of the library is a look at the engine's graph. */
    static final class LookAtTheGraph {
        public static void main(String[] args) {
            try (NDManager manager = NDManager.newBaseManager()) {
                GraphPicture.dot(manager.create(1f), new NDList());
            }
        }
    }

    @Test
    void aLookAtTheGraphSaysTheSame() throws Exception {
        String missing = "-Dorg.djlext.native=/no/such/file.so";
        String output = Command.run(Command.java(LookAtTheGraph.class, missing)).output();
        assertContains(
                output,
                "java.lang.UnsupportedOperationException: custom gradients need the native library");
        assertFalse(output.contains("ExceptionInInitializerError"), output);
    }

    // The native library refers to NativeHooks weakly, and strongly by each hook that the engine
    // holds: without the latter, the engine would call code that is no longer there.
    @Test
    void classLoaderIsCollectedWithItsLibraryButNotWhileAGraphNeedsIt() throws Exception {
        Command check = Command.run(Command.java(ClassLoadersCheck.class));
        assertEquals(0, check.exitCode(), check.output());
        assertEquals(7, check.output().lines().filter(WORKS::equals).count(), check.output());
        assertEquals(
                List.of(
                        "copies 1",
                        "copies 4",
                        "of three class loaders left 0",
                        "copies left 1",
                        "with a graph left 1",
                        "gradient of tanh [1.0, 0.7864477]",
                        "without it left 0",
                        "copies 4",
                        "of three class loaders left 0"),
                check.output()
                        .lines()
                        .filter(line -> line.matches("(copies|of three|with|gradient of).*"))
                        .toList());
        // Mends of DJL outlive the class loader that made them.
        assertTrue(
                check.output().contains("cause java.lang.IllegalStateException: on purpose"),
                check.output());
    }

    @Test
    void platformsHaveDjlsNames() {
        assertEquals("linux-x86_64", NativeLibrary.platform("Linux", "amd64"));
        assertEquals("linux-aarch64", NativeLibrary.platform("Linux", "aarch64"));
        assertEquals("osx-aarch64", NativeLibrary.platform("Mac OS X", "aarch64"));
        assertEquals("osx-x86_64", NativeLibrary.platform("Mac OS X", "x86_64"));
        assertEquals("win-x86_64", NativeLibrary.platform("Windows Server 2022", "amd64"));
    }

    @Test
    void platformsWithoutLibtorchAreToldSo() {
        String four = "use one of linux-x86_64, linux-aarch64, osx-aarch64, win-x86_64";
        assertEquals(
                "DJL has no libtorch 2.7.1 for macOS on Intel; " + four,
                NativeLibrary.engineRemedy("osx-x86_64", false));
        assertEquals(four, NativeLibrary.fileRemedy("linux-riscv64", null));
        assertEquals(
                "put ai.djl.pytorch:pytorch-native-cpu:2.7.1:win-x86_64 on the class path",
                NativeLibrary.engineRemedy("win-x86_64", false));
        assertTrue(
                NativeLibrary.engineRemedy("linux-x86_64", true)
                        .startsWith("libtorch needs glibc"));
    }
}
