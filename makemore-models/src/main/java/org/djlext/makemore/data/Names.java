/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.io.BufferedReader;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.djlext.files.InputFile;

/** Lists of names, a name a line: the one that comes with the project, a file, or the lectures'. */
public final class Names {

    /** The lectures' 32,033 names. */
    public static final PublishedFile LECTURES =
            new PublishedFile(
                    "names.txt",
                    "names.txt",
                    "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
                    "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d");

    // So that a name is no longer than the longest that a model can see.
    private static final int MAX_LENGTH = (1 << 16) - 1;

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
        try {
            InputFile.checkRegular(file);
        } catch (IOException e) {
            throw new DataFileException("the file of names " + file + " " + e.getMessage());
        }
        List<String> names = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new ShortLines(file))) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                String name = (number == 1 ? withoutByteOrderMark(line) : line).strip();
                if (!name.isEmpty()) {
                    names.add(check.check(name, file, number));
                }
            }
        } catch (MalformedInputException e) {
            throw new DataFileException(
                    "the file of names " + file + " must be text in UTF-8, but is not");
        } catch (IOException e) {
            throw new DataFileException("the file of names " + file + " cannot be read: " + e);
        }
        if (names.isEmpty()) {
            throw new DataFileException(
                    "the file of names " + file + " is empty; give one with a name a line");
        }
        return Collections.unmodifiableList(names);
    }

    /** Refuses a line that is too long while it is read, as it may be without end. */
    private static final class ShortLines extends FilterReader {
        private final Path file;
        private int length;

        ShortLines(Path file) throws IOException {
            super(Files.newBufferedReader(file));
            this.file = file;
        }

        @Override
        public int read(char[] buffer, int from, int most) throws IOException {
            int count = super.read(buffer, from, most);
            for (int i = from; i < from + count; i++) {
                length = buffer[i] == '\n' || buffer[i] == '\r' ? 0 : length + 1;
                if (length > MAX_LENGTH) {
                    throw new DataFileException(
                            "the file of names "
                                    + file
                                    + " has a line of more than "
                                    + MAX_LENGTH
                                    + " characters; give one with a name a line");
                }
            }
            return count;
        }
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
     * Looks for the lectures' names.txt on this machine.
     *
     * @return the file, if it is there
     * @see PublishedFile#findLocal()
     */
    public static Optional<Path> findLocal() {
        return LECTURES.findLocal();
    }

    /**
     * Returns the lectures' names.txt, fetched if it is not on this machine.
     *
     * @return the file
     * @throws DataFileException if it cannot be fetched, or is not the file that the lectures used
     * @see PublishedFile#download()
     */
    public static Path download() {
        return LECTURES.download();
    }

    /**
     * Returns where {@link #download()} keeps the file, whether it is there or not.
     *
     * @return the file in DJL's cache directory
     */
    public static Path cachedFile() {
        return LECTURES.cachedFile();
    }
}
