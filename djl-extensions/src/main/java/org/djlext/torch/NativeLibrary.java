/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.engine.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds and loads the native library behind {@link NativeHooks}. To ask for the outcome the first
 * time is to load it.
 */
final class NativeLibrary {

    /** Why there is no library, for the user; null if it is loaded. */
    static final @Nullable String PROBLEM = load();

    private NativeLibrary() {}

    private static @Nullable String load() {
        String platform = platform();
        String custom = System.getProperty(NativeHooks.LIBRARY_PROPERTY);
        try {
            // Its libraries have to be loaded first.
            Engine.getEngine("PyTorch");
            if (custom != null) {
                System.load(Path.of(custom).toAbsolutePath().toString());
            } else if (!loadResource("/native/" + platform + "/libdjlext_autograd.so")) {
                return problem(platform, "the jar has no library for this platform");
            }
            NativeHooks.initialize();
            return null;
        } catch (IOException | RuntimeException | LinkageError e) {
            return problem(platform, String.valueOf(e.getMessage()));
        }
    }

    private static boolean loadResource(String name) throws IOException {
        try (InputStream in = NativeLibrary.class.getResourceAsStream(name)) {
            if (in == null) {
                return false;
            }
            // A file of this process alone: two class loaders cannot load the same file, and two
            // processes cannot meet in the middle of a copy.
            Path file = Files.createTempFile("libdjlext_autograd", ".so");
            try {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
                System.load(file.toString());
            } finally {
                Files.deleteIfExists(file);
            }
            return true;
        }
    }

    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return (os.startsWith("mac") ? "osx" : os.startsWith("win") ? "win" : os)
                + "-"
                + (arch.equals("amd64") ? "x86_64" : arch);
    }

    private static String problem(String platform, String reason) {
        return "custom gradients need the native library of djl-extensions, which could not be"
                + " loaded on "
                + platform
                + " ("
                + reason
                + "); use linux-x86_64, or on another Linux build it with"
                + " djl-extensions/src/main/native/build.sh FILE and start java with -D"
                + NativeHooks.LIBRARY_PROPERTY
                + "=FILE";
    }
}
