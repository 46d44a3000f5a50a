/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the data of a run came from, so that they can be read again.
 *
 * @param kind what was read
 * @param files the files or folders; none for the data that come with the project
 * @param column a table's column of names, or ""
 * @param countColumn a table's column of counts, or ""
 * @param maxLength how many characters a name may have
 * @param bytePairs how many byte pairs a text is written in; 0 for characters
 * @param sha256 what tells these data from others
 */
public record Source(
        Kind kind,
        List<String> files,
        String column,
        String countColumn,
        int maxLength,
        int bytePairs,
        String sha256) {

    /** How many characters a name has at most unless another limit is set. */
    public static final int DEFAULT_MAX_LENGTH = 1000;

    /** The largest limit: a model sees at most one character more. */
    public static final int LARGEST_MAX_LENGTH = (1 << 16) - 1;

    /** What a file can hold. */
    public enum Kind {
        /** Names, a name a line or in a table. */
        NAMES("--data"),
        /** A text as it is. */
        TEXT("--text");

        private final String option;

        Kind(String option) {
            this.option = option;
        }

        /** {@return the option of the command line that takes such files} */
        public String option() {
            return option;
        }
    }

    /** The names that come with the project. */
    public static final Source EMBEDDED_NAMES = new Source(Kind.NAMES, List.of(), "", "", 0, 0, "");

    /** The text that comes with the project. */
    public static final Source EMBEDDED_TEXT = text(List.of(), 0);

    /**
     * {@return the source of names in files: lists, or tables with a column "name" or else the
     * first}
     *
     * @param files the files or folders (the files directly in them, in the order of their names),
     *     or - for standard input
     */
    public static Source names(List<String> files) {
        return names(files, null, null, DEFAULT_MAX_LENGTH);
    }

    /**
     * {@return the source of names in files, whose checksum is not known yet}
     *
     * <pre>{@code
     * Items names = Source.names(List.of("yob1880.txt"), "1", "3", 100).items();
     * // Mary,F,7065 is the name Mary, which occurs 7,065 times
     * }</pre>
     *
     * @param files the files or folders, or - for standard input
     * @param column a table's column of names, by its name in the first line or its number from 1
     *     on; null for "name" if there is one, or else the first
     * @param countColumn a table's column of counts, likewise; null for none
     * @param maxLength how many characters a name may have, from 1 to 65,535
     * @throws IllegalArgumentException if it is out of range
     */
    public static Source names(
            List<String> files,
            @Nullable String column,
            @Nullable String countColumn,
            int maxLength) {
        if (maxLength < 1 || maxLength > LARGEST_MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "the longest name must have from 1 to %s characters, but got %s"
                            .formatted(LARGEST_MAX_LENGTH, maxLength));
        }
        return new Source(
                Kind.NAMES,
                List.copyOf(files),
                column == null ? "" : column,
                countColumn == null ? "" : countColumn,
                maxLength,
                0,
                "");
    }

    /**
     * {@return the source of a text in files, whose checksum is not known yet}
     *
     * @param files the files or folders
     * @param bytePairs the size of the vocabulary of byte pairs; 0 for characters
     */
    public static Source text(List<String> files, int bytePairs) {
        return new Source(Kind.TEXT, List.copyOf(files), "", "", 0, bytePairs, "");
    }

    /** Returns the source of data that are read, so that a run may be resumed from any folder. */
    Source withSha256(String hash) {
        List<String> absolute =
                files.stream()
                        .map(f -> f.equals("-") ? f : Path.of(f).toAbsolutePath().toString())
                        .toList();
        return new Source(kind, absolute, column, countColumn, maxLength, bytePairs, hash);
    }

    /**
     * {@return the names, in any alphabet}
     *
     * @throws DataFileException if a file is missing, is not text, has a line that cannot be used,
     *     or if there is no name at all; the message names file and line
     */
    public Items items() {
        return items(false);
    }

    /**
     * {@return the names, which must be in the letters a to z, as the lectures' code needs them}
     *
     * @throws DataFileException as {@link #items}, or if a name has another character
     */
    public Items letters() {
        return items(true);
    }

    private Items items(boolean lettersOnly) {
        return files.isEmpty()
                ? new Items(Names.embedded(), List.of())
                : ItemReader.read(this, lettersOnly);
    }

    /**
     * {@return the data of a run, read again}
     *
     * @throws DataFileException if they are not there any more, or are others now
     */
    public Corpus open() {
        if (files.contains("-")) {
            throw new DataFileException(
                    "the data of the run came from standard input; give them again with "
                            + kind.option()
                            + " -");
        }
        Corpus corpus =
                switch (kind) {
                    case NAMES -> NamesCorpus.of(items().items(), this);
                    case TEXT -> TextCorpus.of(text(), this);
                };
        if (!corpus.sha256().equals(sha256)) {
            throw new DataFileException(
                    (files.isEmpty() ? "what comes with the project" : String.join(", ", files))
                            + " must be the data of the run, but is not; give these with "
                            + kind.option());
        }
        return corpus;
    }

    private String text() {
        return files.isEmpty() ? Texts.embedded() : Texts.read(files.toArray(String[]::new));
    }
}
