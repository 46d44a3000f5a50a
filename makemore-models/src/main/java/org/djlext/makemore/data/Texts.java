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
import org.djlext.files.InputFile;

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
     * Reads a file of text in UTF-8, as it is.
     *
     * @param file the file
     * @return the text
     * @throws DataFileException if it is missing or empty, or cannot be read
     */
    public static String read(Path file) {
        String text;
        try {
            text = InputFile.readString(file);
        } catch (IOException e) {
            throw new DataFileException("the text " + file + " " + e.getMessage());
        }
        if (text.isEmpty()) {
            throw new DataFileException("the text " + file + " is empty");
        }
        return text;
    }
}
