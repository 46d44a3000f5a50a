/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Reads the items of a {@link Source}: an item a line, or a table with a column of items and one of
 * counts, in files, folders or standard input, with gzip or without.
 *
 * <p>A file is read as a table if a column is given, or if its name ends in {@code .csv} or {@code
 * .tsv}. Empty items, and white space around items, are left out. {@link Characters} says what
 * becomes of characters that nobody sees.
 */
final class ItemReader {

    // Longer items are worth a word, because the longest decides the size of most models.
    private static final int LONG = 100;

    private final Source source;
    private final boolean lettersOnly;
    private final List<String> items = new ArrayList<>();
    private final LongStream.Builder counts = LongStream.builder();
    private int longest;
    private String longestAt = "";

    private ItemReader(Source source, boolean lettersOnly) {
        this.source = source;
        this.lettersOnly = lettersOnly;
    }

    /**
     * Reads all items, in the order of the files; only of the letters a to z for the lectures'
     * code.
     */
    static Items read(Source source, boolean lettersOnly) {
        ItemReader reader = new ItemReader(source, lettersOnly);
        List<TextSource> files = TextSource.find(source.files());
        files.forEach(reader::read);
        if (reader.items.isEmpty()) {
            throw new DataFileException(
                    files.stream().map(TextSource::name).collect(Collectors.joining(", "))
                            + " is empty; give a file with an item a line");
        }
        return reader.result();
    }

    private void read(TextSource file) {
        boolean tabs = file.endsWith(".tsv");
        boolean table =
                tabs
                        || file.endsWith(".csv")
                        || !source.column().isEmpty()
                        || !source.countColumn().isEmpty();
        try (TextReader reader = TextReader.open(file)) {
            ItemTable columns = null;
            String where = reader.where();
            for (String line = reader.readLine(Source.LARGEST_MAX_LENGTH);
                    line != null;
                    line = reader.readLine(Source.LARGEST_MAX_LENGTH)) {
                if (!Characters.strip(line).isEmpty()) {
                    boolean isFirst = table && columns == null;
                    if (isFirst) {
                        columns =
                                ItemTable.of(
                                        line,
                                        tabs ? '\t' : ',',
                                        source.column(),
                                        source.countColumn(),
                                        where);
                    }
                    if (columns == null) {
                        add(line.replace('\t', ' '), 1, where);
                    } else if (!isFirst || !columns.hasHeader()) {
                        ItemTable.Row row = columns.row(line, where);
                        add(row.item(), row.count(), where);
                    }
                }
                where = reader.where();
            }
        }
    }

    private void add(String text, long count, String where) {
        String item = Characters.strip(text);
        if (item.isEmpty() || count == 0) {
            return;
        }
        if (lettersOnly) {
            checkLetters(item, where);
        }
        int length = item.codePointCount(0, item.length());
        if (length > source.maxLength()) {
            throw new DataFileException(
                    ("%s has an item of %s characters, but %s is the limit, as the longest decides"
                                    + " how much a model sees and costs; shorten it or raise the"
                                    + " limit")
                            .formatted(where, length, source.maxLength()));
        }
        if (length > longest) {
            longest = length;
            longestAt = where;
        }
        items.add(item);
        if (!source.countColumn().isEmpty()) {
            counts.add(count);
        }
    }

    private void checkLetters(String item, String where) {
        if (item.chars().anyMatch(c -> c < 'a' || c > 'z')) {
            boolean upper = item.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
            throw new DataFileException(
                    "a name may hold the letters a to z, but %s is \"%s\"%s"
                            .formatted(
                                    where, item, upper ? "; convert the file to lower case" : ""));
        }
    }

    private Items result() {
        List<String> notices = new ArrayList<>();
        if (longest > LONG) {
            notices.add(
                    ("the longest item, %s, has %s characters, which models that see whole items"
                                    + " are sized by")
                            .formatted(longestAt, longest));
        }
        return new Items(
                source.countColumn().isEmpty()
                        ? Collections.unmodifiableList(items)
                        : ListView.repeated(items, counts.build().toArray()),
                notices);
    }
}
