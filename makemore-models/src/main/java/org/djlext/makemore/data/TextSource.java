/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.djlext.files.FileFailure;
import org.djlext.files.InputFile;
import org.jspecify.annotations.Nullable;

/**
 * One place that text comes from: a file, compressed with gzip or not, or standard input, which has
 * no file.
 */
record TextSource(@Nullable Path file) {

    /** What stands for standard input among the names of files. */
    static final String STANDARD_INPUT = "-";

    private static final int GZIP_MAGIC = 0x1f8b;
    private static final int BUFFER = 1 << 16;

    /**
     * {@return the sources that a user has named, in order}
     *
     * @param places files, folders (all files directly in them, by name, hidden ones left out), or
     *     {@value #STANDARD_INPUT}
     * @throws DataFileException if one is missing, is not a file, or is a folder without files
     */
    static List<TextSource> find(List<String> places) {
        List<TextSource> sources = new ArrayList<>();
        for (String place : places) {
            if (place.equals(STANDARD_INPUT)) {
                sources.add(new TextSource(null));
            } else if (Files.isDirectory(Path.of(place))) {
                sources.addAll(filesOf(Path.of(place)));
            } else {
                sources.add(file(Path.of(place)));
            }
        }
        return sources;
    }

    /** Returns the source of one file, which must not be a folder. */
    static TextSource file(Path file) {
        try {
            InputFile.checkRegular(file);
        } catch (IOException e) {
            throw new DataFileException(file + " " + e.getMessage());
        }
        return new TextSource(file);
    }

    private static List<TextSource> filesOf(Path folder) {
        List<TextSource> sources;
        try (Stream<Path> entries = Files.list(folder)) {
            sources =
                    entries.filter(Files::isRegularFile)
                            .filter(entry -> !entry.getFileName().toString().startsWith("."))
                            .sorted()
                            .map(TextSource::new)
                            .toList();
        } catch (IOException e) {
            throw new DataFileException(
                    "the folder " + folder + " cannot be read: " + FileFailure.reason(e));
        }
        if (sources.isEmpty()) {
            throw new DataFileException(
                    "the folder " + folder + " has no files; name one with some");
        }
        return sources;
    }

    /** Returns what the source is called in a message. */
    String name() {
        return file == null ? "standard input" : file.toString();
    }

    /** Tells whether the name of the file, but for .gz, ends like this. */
    boolean endsWith(String extension) {
        String lower = name().toLowerCase(Locale.ROOT);
        return lower.endsWith(extension) || lower.endsWith(extension + ".gz");
    }

    /** Opens the source, decompressed. */
    InputStream open() throws IOException {
        InputStream raw = file == null ? new Unclosed(System.in) : Files.newInputStream(file);
        BufferedInputStream bytes = new BufferedInputStream(raw, BUFFER);
        bytes.mark(2);
        int magic = bytes.read() << Byte.SIZE | bytes.read();
        bytes.reset();
        return magic == GZIP_MAGIC ? new GZIPInputStream(bytes, BUFFER) : bytes;
    }

    /** Standard input is the process's, not ours to close. */
    private static final class Unclosed extends FilterInputStream {
        Unclosed(InputStream in) {
            super(in);
        }

        @Override
        public void close() {}
    }
}
