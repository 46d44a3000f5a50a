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
import java.util.List;
import java.util.Objects;

/** Texts that are trained on as one long sequence: the project's own, files, or the lecture's. */
public final class Texts {

    /** The lecture's text, the 40,000 lines of tiny Shakespeare. */
    public static final PublishedFile TINY_SHAKESPEARE =
            new PublishedFile(
                    "tiny Shakespeare",
                    "tinyshakespeare.txt",
                    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
                    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed");

    // What is read is in memory twice for a while, and as numbers after that.
    private static final int SHARE_OF_MEMORY = 8;
    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

    private Texts() {}

    /** {@return the text that comes with the project, a short play written for it} */
    public static String embedded() {
        return resource("lamp.txt");
    }

    /** Returns a file of text that comes with this package. */
    static String resource(String name) {
        try (InputStream in = Texts.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * {@return the text of files, one after the other} Line ends become LF, as Python's {@code
     * open} makes them.
     *
     * @param places files of text in UTF-8 or UTF-16, with gzip or not; folders (the files directly
     *     in them, in the order of their names); or - for standard input
     * @throws DataFileException if a place is missing or is not text, or if there is no text at
     *     all; the message names file and line
     */
    public static String read(String... places) {
        long most = Math.min(Runtime.getRuntime().maxMemory() / SHARE_OF_MEMORY, MAX_ARRAY);
        StringBuilder text = new StringBuilder();
        for (TextSource source : TextSource.find(List.of(places))) {
            try (TextReader reader = TextReader.open(source)) {
                reader.readAll(text, most);
            }
        }
        if (text.isEmpty()) {
            throw new DataFileException("the text " + String.join(", ", places) + " is empty");
        }
        return text.toString();
    }
}
