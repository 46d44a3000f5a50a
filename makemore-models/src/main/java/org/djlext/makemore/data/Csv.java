/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.ArrayList;
import java.util.List;

/** Splits a line of a table, as RFC 4180 writes it, in its cells. */
final class Csv {

    private static final char QUOTE = '"';

    private Csv() {}

    /**
     * {@return the cells of a line, without the white space around them}
     *
     * @param line the line
     * @param separator what stands between cells; not within quotes
     * @param where the line's number and file, for messages
     * @throws DataFileException if a quote is not closed
     */
    static List<String> cells(String line, char separator, String where) {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == QUOTE && quoted && i + 1 < line.length() && line.charAt(i + 1) == QUOTE) {
                cell.append(QUOTE); // a quote is written twice within quotes
                i++;
            } else if (c == QUOTE && (quoted || Characters.strip(cell.toString()).isEmpty())) {
                quoted = !quoted;
            } else if (c == separator && !quoted) {
                cells.add(Characters.strip(cell.toString()));
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        if (quoted) {
            throw new DataFileException(where + " has a quote that is not closed");
        }
        cells.add(Characters.strip(cell.toString()));
        return cells;
    }
}
