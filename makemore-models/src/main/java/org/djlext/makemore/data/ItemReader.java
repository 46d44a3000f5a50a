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
import org.jspecify.annotations.Nullable;

/**
 * Reads lists of names, or of anything else, as people have them: an item a line, or a table with a
 * column of items and one of counts, in files, folders or standard input, with gzip or without.
 *
 * <pre>{@code
 * Items names = ItemReader.builder().optColumn("1").optCountColumn("3").build().read("yob1880.txt");
 * // Mary,F,7065 is the item Mary, which occurs 7,065 times
 * }</pre>
 *
 * <p>A file is read as a table if a column is given, or if its name ends in {@code .csv} or {@code
 * .tsv}. Empty items, and white space around items, are left out. {@link Characters} says what
 * becomes of characters that nobody sees.
 */
public final class ItemReader {

    /** How many characters an item has at most unless another limit is set. */
    public static final int DEFAULT_MAX_LENGTH = 1000;

    /** The largest limit: a model sees at most one character more. */
    public static final int LARGEST_MAX_LENGTH = (1 << 16) - 1;

    // Longer items are worth a word, because the longest decides the size of most models.
    private static final int LONG = 100;

    private final @Nullable String column;
    private final @Nullable String countColumn;
    private final int maxLength;
    private final boolean lettersOnly;

    private ItemReader(Builder builder) {
        column = builder.column;
        countColumn = builder.countColumn;
        maxLength = builder.maxLength;
        lettersOnly = builder.lettersOnly;
    }

    /** {@return a builder of a reader of plain lists and of tables by their names} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return all items, in the order of the files}
     *
     * @param places files, folders (the files directly in them, in the order of their names), or -
     *     for standard input
     * @throws DataFileException if a place is missing, is not text, has a line that cannot be used,
     *     or if there is no item at all; the message names file and line
     */
    public Items read(String... places) {
        Reading reading = new Reading();
        List<TextSource> sources = TextSource.find(List.of(places));
        sources.forEach(reading::read);
        if (reading.items.isEmpty()) {
            throw new DataFileException(
                    sources.stream().map(TextSource::name).collect(Collectors.joining(", "))
                            + " is empty; give a file with an item a line");
        }
        return reading.result();
    }

    private final class Reading {
        private final List<String> items = new ArrayList<>();
        private final LongStream.Builder counts = LongStream.builder();
        private final List<String> notices = new ArrayList<>();
        private int longest;
        private String longestAt = "";

        void read(TextSource source) {
            boolean tabs = source.endsWith(".tsv");
            boolean table =
                    tabs || source.endsWith(".csv") || column != null || countColumn != null;
            try (TextReader reader = TextReader.open(source)) {
                ItemTable columns = null;
                String where = reader.where();
                for (String line = reader.readLine(LARGEST_MAX_LENGTH);
                        line != null;
                        line = reader.readLine(LARGEST_MAX_LENGTH)) {
                    if (!Characters.strip(line).isEmpty()) {
                        if (!table) {
                            add(line.replace('\t', ' '), 1, where);
                        } else if (columns == null) {
                            columns =
                                    ItemTable.of(
                                            line, tabs ? '\t' : ',', column, countColumn, where);
                            if (!columns.hasHeader()) {
                                add(columns.row(line, where), where);
                            }
                        } else {
                            add(columns.row(line, where), where);
                        }
                    }
                    where = reader.where();
                }
            }
        }

        private void add(ItemTable.Row row, String where) {
            add(row.item(), row.count(), where);
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
            if (length > maxLength) {
                throw new DataFileException(
                        where
                                + " has an item of "
                                + length
                                + " characters, but "
                                + maxLength
                                + " is the limit, as the longest decides how much a model sees and"
                                + " costs; shorten it or raise the limit");
            }
            if (length > longest) {
                longest = length;
                longestAt = where;
            }
            items.add(item);
            if (countColumn != null) {
                counts.add(count);
            }
        }

        private void checkLetters(String item, String where) {
            if (item.chars().anyMatch(c -> c < 'a' || c > 'z')) {
                boolean upper = item.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
                throw new DataFileException(
                        "a name may hold the letters a to z, but "
                                + where
                                + " is \""
                                + item
                                + "\""
                                + (upper ? "; convert the file to lower case" : ""));
            }
        }

        Items result() {
            if (longest > LONG) {
                notices.add(
                        "the longest item, "
                                + longestAt
                                + ", has "
                                + longest
                                + " characters, which models that see whole items are sized by");
            }
            return new Items(
                    Collections.unmodifiableList(items),
                    countColumn != null ? counts.build().toArray() : null,
                    notices);
        }
    }

    /** The builder of {@link ItemReader}. */
    public static final class Builder {
        private @Nullable String column;
        private @Nullable String countColumn;
        private int maxLength = DEFAULT_MAX_LENGTH;
        private boolean lettersOnly;

        private Builder() {}

        /**
         * Sets which column of a table has the items.
         *
         * @param column its name in the first line, or its number from 1 on; by default "name" if
         *     there is one, or else the first
         * @return this builder
         */
        public Builder optColumn(@Nullable String column) {
            this.column = column;
            return this;
        }

        /**
         * Sets which column of a table says how often an item occurs.
         *
         * @param countColumn its name in the first line, or its number from 1 on; by default none
         * @return this builder
         */
        public Builder optCountColumn(@Nullable String countColumn) {
            this.countColumn = countColumn;
            return this;
        }

        /**
         * Sets how many characters an item may have.
         *
         * @param maxLength from 1 to {@value #LARGEST_MAX_LENGTH}
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder optMaxLength(int maxLength) {
            if (maxLength < 1 || maxLength > LARGEST_MAX_LENGTH) {
                throw new IllegalArgumentException(
                        "the longest item must have from 1 to "
                                + LARGEST_MAX_LENGTH
                                + " characters, but got "
                                + maxLength);
            }
            this.maxLength = maxLength;
            return this;
        }

        /**
         * Sets whether items must be in the letters a to z, as the lectures' code needs them.
         *
         * @param lettersOnly whether other characters are refused
         * @return this builder
         */
        public Builder optLettersOnly(boolean lettersOnly) {
            this.lettersOnly = lettersOnly;
            return this;
        }

        /** {@return the reader} */
        public ItemReader build() {
            return new ItemReader(this);
        }
    }
}
