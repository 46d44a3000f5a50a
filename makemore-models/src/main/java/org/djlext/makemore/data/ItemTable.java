/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Which cells of a table's lines, written as RFC 4180 has them, are items and counts.
 *
 * <p>A column is the name that the first line, the header, has for it, or a number from 1 on. With
 * numbers alone there is a header if the first line has no number where counts are.
 */
final class ItemTable {

    private static final String DEFAULT_COLUMN = "name";
    private static final char QUOTE = '"';

    private final char separator;
    private final int item;
    private final int count; // -1 for none
    private final boolean header;

    private ItemTable(char separator, int item, int count, boolean header) {
        this.separator = separator;
        this.item = item;
        this.count = count;
        this.header = header;
    }

    /** An item and how often it occurs. */
    record Row(String item, long count) {}

    /**
     * Finds the columns by the first line, the items' by default as "name" if there is one, or else
     * as the first. If no column is given for counts there are none.
     *
     * @throws DataFileException if there is no such column
     */
    static ItemTable of(
            String firstLine, char separator, String column, String countColumn, String where) {
        List<String> cells = cells(firstLine, separator, where);
        boolean names = !column.isEmpty() && number(column) < 0;
        int item = 0;
        if (!column.isEmpty()) {
            item = find(cells, column, where);
        } else if (indexOf(cells, DEFAULT_COLUMN) >= 0) {
            item = indexOf(cells, DEFAULT_COLUMN);
            names = true;
        }
        int count = -1;
        if (!countColumn.isEmpty()) {
            count = find(cells, countColumn, where);
            names |= number(countColumn) < 0 || number(cells.get(count)) < 0;
        }
        return new ItemTable(separator, item, count, names);
    }

    private static int find(List<String> cells, String column, String where) {
        int number = number(column);
        int index = number < 0 ? indexOf(cells, column) : number - 1;
        if (index < 0 || index >= cells.size()) {
            throw new DataFileException(
                    ("%s must have the column %s, but has %s; give a name of the first line, or a"
                                    + " number from 1 to %s")
                            .formatted(where, column, String.join(", ", cells), cells.size()));
        }
        return index;
    }

    private static int indexOf(List<String> cells, String name) {
        for (int i = 0; i < cells.size(); i++) {
            if (cells.get(i).equalsIgnoreCase(name)) {
                return i;
            }
        }
        return -1;
    }

    /** Returns a number of the digits 0 to 9, or -1 for any other text. */
    private static int number(String text) {
        return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
    }

    /** Tells whether the first line holds the names of the columns. */
    boolean hasHeader() {
        return header;
    }

    /**
     * Reads a line.
     *
     * @throws DataFileException if it lacks a cell, or its count is not one
     */
    Row row(String line, String where) {
        List<String> cells = cells(line, separator, where);
        int last = Math.max(item, count);
        if (last >= cells.size()) {
            throw new DataFileException(
                    "%s must have at least %s cells, but has %s"
                            .formatted(where, last + 1, cells.size()));
        }
        if (count < 0) {
            return new Row(cells.get(item), 1);
        }
        int number = number(cells.get(count));
        if (number < 0) {
            throw new DataFileException(
                    "%s must have a count from 0 to 999999999, but has \"%s\""
                            .formatted(where, cells.get(count)));
        }
        return new Row(cells.get(item), number);
    }

    /**
     * Returns the cells of a line, without the white space around them. Within quotes the separator
     * is a character like any other.
     */
    private static List<String> cells(String line, char separator, String where) {
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
