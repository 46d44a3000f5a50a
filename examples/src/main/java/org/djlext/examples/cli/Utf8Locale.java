/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
            List<byte[]> command = entries(Files.readAllBytes(PROCESS.resolve("cmdline")));
            byte[] environment = Files.readAllBytes(PROCESS.resolve("environ"));
            boolean more = isMore(environment) || command.stream().anyMatch(Utf8Locale::isMore);
            if (more && endsWith(command, args)) {
                restart(command);
            }
        } catch (IOException | LinkageError e) {
            return; // not Linux, or no folder to load JNA's own library from: all is as ever
        }
    }

    private static List<byte[]> entries(byte[] bytes) {
        List<byte[]> entries = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                entries.add(Arrays.copyOfRange(bytes, from, i + 1)); // with the 0
                from = i + 1;
            }
        }
        return entries;
    }

    private static boolean isMore(byte... bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return true;
            }
        }
        return false;
    }

    /** Tells whether main was called by the process, and not by a program such as Maven. */
    private static boolean endsWith(List<byte[]> command, String... args) {
        int first = command.size() - args.length;
        for (int i = 0; i < args.length; i++) {
            String raw =
                    first < 0
                            ? ""
                            : new String(command.get(first + i), StandardCharsets.ISO_8859_1);
            if (!ascii(raw).equals(ascii(args[i] + '\0'))) {
                return false;
            }
        }
        return true;
    }

    private static String ascii(String text) {
        return text.replaceAll("[^\\x00-\\x7f]", "?");
    }

    private static void restart(List<byte[]> command) {
        NativeLibrary c = NativeLibrary.getInstance("c"); // by JNA, which comes with DJL
        c.getFunction("setenv").invokeInt(new Object[] {VARIABLE, UTF_8, 1});
        Pointer[] arguments = new Pointer[command.size()];
        for (int i = 0; i < arguments.length; i++) {
            byte[] argument = command.get(i);
            Memory memory = new Memory(argument.length);
            memory.write(0, argument, 0, argument.length);
            arguments[i] = memory;
        }
        // Comes back only if it fails.
        c.getFunction("execv")
                .invokeInt(new Object[] {PROCESS.resolve("exe").toString(), arguments});
    }
}
