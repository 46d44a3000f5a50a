/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds and loads the native library behind {@link NativeHooks}. To ask for the outcome the first
 * time is to load it.
 *
 * <p>The library comes out of the jar into DJL's cache folder, where every process of the user
 * loads the same verified file, or else into a temporary folder. A file can be loaded by one class
 * loader only, so each further class loader of the JVM takes the next of a row of copies; a copy is
 * free again once its class loader has been collected.
 */
final class NativeLibrary {

    private static final Logger logger = LoggerFactory.getLogger(NativeLibrary.class);

    private static final List<String> PLATFORMS =
            List.of("linux-x86_64", "linux-aarch64", "osx-aarch64", "win-x86_64");

    private static final String COPIES_PROPERTY = "org.djlext.native.copies";

    private static final List<String> TESTED_LIBTORCH = List.of("2.7.1", "2.5.1");

    /** Why there is no library, for the user; null if it is loaded. */
    static final @Nullable String PROBLEM = load();

    private NativeLibrary() {}

    private static @Nullable String load() {
        String platform = platform(System.getProperty("os.name"), System.getProperty("os.arch"));
        String on = platform;
        String version;
        try {
            // Its libraries have to be loaded first.
            version = Engine.getEngine("PyTorch").getVersion();
            on += " with libtorch " + version;
        } catch (RuntimeException | LinkageError e) {
            return problem(on, "libtorch: " + rootMessage(e), engineRemedy(platform, isMusl()));
        }
        String custom = System.getProperty(NativeHooks.LIBRARY_PROPERTY);
        try {
            if (custom != null) {
                loadCustom(Path.of(custom).toAbsolutePath());
            } else {
                loadFromJar(platform);
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            return problem(on, String.valueOf(e.getMessage()), fileRemedy(platform, custom));
        }
        try {
            NativeHooks.initialize();
            joinCopies();
        } catch (RuntimeException | LinkageError e) {
            return problem(on, String.valueOf(e.getMessage()), versionRemedy());
        }
        if (!TESTED_LIBTORCH.contains(version)) {
            logger.warn(
                    "djl-extensions is tested with libtorch {}, not with {}",
                    String.join(" and ", TESTED_LIBTORCH),
                    version);
        }
        return null;
    }

    // The copies of other class loaders are reached by a system property alone, and the one lock
    // that they all know is a class of the JDK.
    @SuppressWarnings("LockOnNonEnclosingClassLiteral")
    private static void joinCopies() {
        synchronized (System.class) {
            long shared = Long.getLong(COPIES_PROPERTY, 0);
            System.setProperty(COPIES_PROPERTY, String.valueOf(NativeHooks.joinCopies(shared)));
        }
    }

    private static void loadCustom(Path file) throws IOException {
        if (!loads(file)) {
            loadFromAnyFolder(file.getFileName().toString(), Files.readAllBytes(file));
        }
    }

    private static void loadFromJar(String platform) throws IOException {
        String name = System.mapLibraryName("djlext_autograd");
        byte[] content;
        try (InputStream in =
                NativeLibrary.class.getResourceAsStream("/native/" + platform + "/" + name)) {
            if (in == null) {
                throw new UnsatisfiedLinkError("the jar has no library for this platform");
            }
            content = in.readAllBytes();
        }
        loadFromAnyFolder(name, content);
    }

    private static void loadFromAnyFolder(String name, byte[] content) throws IOException {
        List<String> failures = new ArrayList<>();
        try {
            loadFromCache(new LibraryCache(Utils.getEngineCacheDir("djlext")), name, content);
            return;
        } catch (IOException | UnsatisfiedLinkError e) {
            failures.add(reason(e));
        }
        try {
            loadFromTemporaryFolder(name, content);
        } catch (IOException | UnsatisfiedLinkError e) {
            failures.add(reason(e));
            throw new UnsatisfiedLinkError(String.join("; ", failures));
        }
    }

    private static void loadFromCache(LibraryCache cache, String name, byte[] content)
            throws IOException {
        int copy = 0;
        while (!loads(cache.put(name, content, copy))) {
            copy++;
        }
    }

    /** Loads a file, or answers that another class loader has it. */
    private static boolean loads(Path file) {
        try {
            System.load(file.toString());
            return true;
        } catch (UnsatisfiedLinkError e) {
            // The JDK's message is all that tells.
            if (String.valueOf(e.getMessage()).contains("already loaded in another")) {
                return false;
            }
            throw e;
        }
    }

    private static void loadFromTemporaryFolder(String name, byte[] content) throws IOException {
        Path folder;
        try {
            folder = Files.createTempDirectory("djlext");
        } catch (IOException e) {
            throw new IOException(System.getProperty("java.io.tmpdir") + ": " + reason(e), e);
        }
        try {
            System.load(LibraryCache.write(folder, name, content).toString());
        } finally {
            try {
                Files.deleteIfExists(folder.resolve(name));
                Files.deleteIfExists(folder);
            } catch (IOException e) {
                logger.debug("a library that is in use cannot be deleted on Windows", e);
            }
        }
    }

    /** The platform's name, as DJL has it in the classifiers of its artifacts. */
    static String platform(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT);
        String arch = osArch.toLowerCase(Locale.ROOT);
        return (os.startsWith("mac") ? "osx" : os.startsWith("win") ? "win" : os)
                + "-"
                + (arch.equals("amd64") ? "x86_64" : arch);
    }

    private static boolean isMusl() {
        try {
            return Files.readString(Path.of("/proc/self/maps")).contains("/ld-musl-");
        } catch (IOException e) {
            return false;
        }
    }

    static String engineRemedy(String platform, boolean musl) {
        if (musl) {
            return "libtorch needs glibc, which Alpine and other systems with musl do not have; use an"
                    + " image of Debian, Ubuntu or Red Hat";
        }
        return libtorchRemedy(platform);
    }

    private static String libtorchRemedy(String platform) {
        String latest = TESTED_LIBTORCH.get(0);
        if (platform.equals("osx-x86_64")) {
            return "DJL has no libtorch "
                    + latest
                    + " for macOS on Intel; use one of "
                    + String.join(", ", PLATFORMS);
        }
        return PLATFORMS.contains(platform)
                ? "put ai.djl.pytorch:pytorch-native-cpu:"
                        + latest
                        + ":"
                        + platform
                        + " on the class path"
                : "use one of " + String.join(", ", PLATFORMS);
    }

    static String fileRemedy(String platform, @Nullable String custom) {
        if (custom != null) {
            return "name a library for this platform by -D"
                    + NativeHooks.LIBRARY_PROPERTY
                    + "=FILE, or leave it out to take the one in the jar";
        }
        return PLATFORMS.contains(platform)
                ? "set DJL_CACHE_DIR or -Djava.io.tmpdir to a folder of your own that can be written"
                        + " to and is not mounted noexec, or name the library by -D"
                        + NativeHooks.LIBRARY_PROPERTY
                        + "=FILE"
                : libtorchRemedy(platform);
    }

    private static String versionRemedy() {
        return "use libtorch " + String.join(" or ", TESTED_LIBTORCH);
    }

    private static String problem(String on, String reason, String remedy) {
        return ("custom gradients need the native library of djl-extensions, which could not be"
                        + " loaded on %s (%s); %s")
                .formatted(on, reason, remedy);
    }

    private static String reason(Throwable e) {
        String message = String.valueOf(e.getMessage());
        return e instanceof AccessDeniedException ? message + ": Permission denied" : message;
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
