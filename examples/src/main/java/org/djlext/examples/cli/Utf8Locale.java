/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import com.sun.jna.NativeLibrary;
import com.sun.jna.StringArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Makes arguments and names of files UTF-8 where there is no locale, as in most containers.
 *
 * <p>Java takes from the locale how to decode arguments and how to encode paths, once, before any
 * code of ours runs. Without one that is ASCII: a prefix or a file in Cyrillic is question marks,
 * and a path to the file cannot be made. So where the command has more than ASCII, the process
 * begins again, in its place, with a locale of UTF-8.
 */
final class Utf8Locale {

    private static final Path PROCESS = Path.of("/proc/self");
    private static final String VARIABLE = "LC_ALL";
    private static final String UTF_8 = "C.UTF-8";

    private Utf8Locale() {}

    /**
     * Begins the process again if it has to, and returns if not.
     *
     * @param args the arguments of main
     */
    static void ensure(String... args) {
        boolean ascii = System.getProperty("sun.jnu.encoding", "").startsWith("ANSI_X3.4");
        if (!ascii || UTF_8.equals(System.getenv(VARIABLE))) {
            return;
        }
        try {
            String command = read("cmdline"); // each argument ends with a 0
            boolean more = !isAscii(command) || !isAscii(read("environ"));
            // Not so if main was called by a program such as Maven.
            boolean ours = ascii(command).endsWith(ascii("\0" + String.join("\0", args) + "\0"));
            if (more && ours) {
                restart(command.split("\0", -1));
            }
        } catch (IOException | LinkageError e) {
            return; // not Linux, or no folder to load JNA's own library from: all is as ever
        }
    }

    /** Returns bytes that the system knows of this process, a character each. */
    private static String read(String file) throws IOException {
        return new String(Files.readAllBytes(PROCESS.resolve(file)), StandardCharsets.ISO_8859_1);
    }

    private static boolean isAscii(String text) {
        return text.equals(ascii(text));
    }

    private static String ascii(String text) {
        return text.replaceAll("[^\\x00-\\x7f]", "?");
    }

    private static void restart(String... command) {
        NativeLibrary c = NativeLibrary.getInstance("c"); // by JNA, which comes with DJL
        c.getFunction("setenv").invokeInt(new Object[] {VARIABLE, UTF_8, 1});
        String[] words = Arrays.copyOf(command, command.length - 1); // after the last 0 is nothing
        StringArray arguments = new StringArray(words, StandardCharsets.ISO_8859_1.name());
        // Comes back only if it fails.
        c.getFunction("execv")
                .invokeInt(new Object[] {PROCESS.resolve("exe").toString(), arguments});
    }
}
