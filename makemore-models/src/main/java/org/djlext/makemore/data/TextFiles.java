/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.List;

/** Reads text that is trained on as one long sequence. */
public final class TextFiles {

    // What is read is in memory twice for a while, and as numbers after that.
    private static final int SHARE_OF_MEMORY = 8;
    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

    private TextFiles() {}

    /**
     * Reads a text. Line ends become LF, as Python's {@code open} makes them.
     *
     * @param places files, folders (the files directly in them, in the order of their names), or -
     *     for standard input
     * @return the text of all, one after the other
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
