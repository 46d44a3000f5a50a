/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** Texts to train on: the one that comes with the project, a file, or the lecture's. */
public final class Texts {

    /** The lecture's text, the 40,000 lines of tiny Shakespeare. */
    public static final PublishedFile TINY_SHAKESPEARE =
            new PublishedFile(
                    "tiny Shakespeare",
                    "tinyshakespeare.txt",
                    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
                    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed");

    private Texts() {}

    /**
     * Returns the text that comes with the project, a short play written for it.
     *
     * @return the text
     */
    public static String embedded() {
        try (InputStream in = Texts.class.getResourceAsStream("lamp.txt")) {
            return new String(
                    Objects.requireNonNull(in, "lamp.txt").readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads a text. Line ends become LF, as Python's {@code open} makes them.
     *
     * @param file a file of text in UTF-8 or UTF-16, with gzip or not; a folder, whose files are
     *     joined in the order of their names; or - for standard input
     * @return the text
     * @throws DataFileException if it is missing or empty, cannot be read, or is not text; the
     *     message names file and line
     */
    public static String read(Path file) {
        return TextFiles.read(file.toString());
    }
}
