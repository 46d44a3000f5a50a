/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.util.Utils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Lists of names, a name a line: the one that comes with the project, a file, or the lectures'. */
public final class Names {

    /** Where the lectures' 32,033 names are published. */
    public static final String URL =
            "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt";

    /** The sha256 of the lectures' names.txt. */
    public static final String SHA256 =
            "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d";

    private static final int TIMEOUT_MILLIS = 20_000;

    private Names() {}

    /**
     * Returns the names that come with the project: about 1,900 given names from many countries.
     *
     * @return the names, in alphabetical order
     */
    public static List<String> embedded() {
        try (InputStream in = Names.class.getResourceAsStream("names.txt")) {
            String text =
                    new String(
                            Objects.requireNonNull(in, "names.txt").readAllBytes(),
                            StandardCharsets.UTF_8);
            return text.lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads a file of names. Empty lines and Windows line ends are left out.
     *
     * @param file the file
     * @return the names, in the order of the file
     * @throws DataFileException if it is missing or empty, cannot be read, or has a line with
     *     anything else than the letters a to z
     */
    public static List<String> read(Path file) {
        return read(file, Names::check);
    }

    /**
     * Reads a file of names, or of anything else with an item a line, in any alphabet. Empty lines,
     * white space around the items, Windows line ends and a byte order mark are left out.
     *
     * @param file the file
     * @return the items, in the order of the file
     * @throws DataFileException if it is missing or empty, or cannot be read as UTF-8
     */
    public static List<String> readAnyAlphabet(Path file) {
        return read(file, (name, path, line) -> name);
    }

    @FunctionalInterface
    private interface Check {
        String check(String name, Path file, int line);
    }

    private static List<String> read(Path file, Check check) {
        if (!Files.exists(file)) {
            throw new DataFileException("the file of names " + file + " does not exist");
        }
        if (Files.isDirectory(file)) {
            throw new DataFileException("the file of names " + file + " is a directory");
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (MalformedInputException e) {
            throw new DataFileException(
                    "the file of names " + file + " must be text in UTF-8, but is not");
        } catch (IOException e) {
            throw new DataFileException("the file of names " + file + " cannot be read: " + e);
        }
        List<String> names = new ArrayList<>(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            String line = i == 0 ? withoutByteOrderMark(lines.get(i)) : lines.get(i);
            String name = line.strip();
            if (!name.isEmpty()) {
                names.add(check.check(name, file, i + 1));
            }
        }
        if (names.isEmpty()) {
            throw new DataFileException(
                    "the file of names " + file + " is empty; give one with a name a line");
        }
        return names;
    }

    private static String withoutByteOrderMark(String line) {
        return line.startsWith("\uFEFF") ? line.substring(1) : line;
    }

    private static String check(String name, Path file, int line) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < 'a' || c > 'z') {
                String hint = c >= 'A' && c <= 'Z' ? "; convert the file to lower case" : "";
                throw new DataFileException(
                        "a name may hold the letters a to z, but line "
                                + line
                                + " of "
                                + file
                                + " is \""
                                + name
                                + "\""
                                + hint);
            }
        }
        return name;
    }

    /**
     * Looks for the lectures' names.txt on this machine: in the folder that the environment
     * variable MAKEMORE_DATA names, then in DJL's cache directory.
     *
     * @return the file, if it is there
     */
    public static Optional<Path> findLocal() {
        String folder = System.getenv("MAKEMORE_DATA");
        Path given = folder == null ? null : Path.of(folder, "names.txt");
        if (given != null && Files.exists(given)) {
            return Optional.of(given);
        }
        return Files.exists(cachedFile()) ? Optional.of(cachedFile()) : Optional.empty();
    }

    /**
     * Returns the lectures' names.txt: as {@link #findLocal()} finds it, or else fetched from where
     * it is published into DJL's cache directory.
     *
     * @return the file
     * @throws DataFileException if it cannot be fetched, or is not the file that the lectures used
     */
    public static Path download() {
        Optional<Path> local = findLocal();
        if (local.isPresent() && SHA256.equals(sha256(local.get()))) {
            return local.get();
        }
        Path file = cachedFile();
        try {
            Files.createDirectories(file.getParent());
            Path part = Files.createTempFile(file.getParent(), "names", ".part");
            try {
                fetch(part);
                String actual = sha256(part);
                if (!SHA256.equals(actual)) {
                    throw new DataFileException(
                            "the names from "
                                    + URL
                                    + " must have sha256 "
                                    + SHA256
                                    + ", but have "
                                    + actual);
                }
                // Only a whole and checked file ever has the name that is looked for above.
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
            return file;
        } catch (IOException e) {
            throw new DataFileException(
                    "the names cannot be fetched from "
                            + URL
                            + " ("
                            + e
                            + "); if you have the file, give it with --data FILE");
        }
    }

    /**
     * Returns where {@link #download()} keeps the file, whether it is there or not.
     *
     * @return the file in DJL's cache directory
     */
    public static Path cachedFile() {
        return Utils.getCacheDir().resolve("makemore").resolve("names.txt");
    }

    private static void fetch(Path file) throws IOException {
        URL url = URI.create(URL).toURL();
        var connection = url.openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        try (InputStream in = connection.getInputStream()) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String sha256(Path file) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
