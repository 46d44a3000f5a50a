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

    /**
     * Checks the source.
     *
     * @param kind what was read
     * @param files the files or folders
     * @param column a table's column of names, or ""
     * @param countColumn a table's column of counts, or ""
     * @param maxLength how many characters a name may have
     * @param bytePairs how many byte pairs a text is written in; 0 for characters
     * @param sha256 what tells these data from others
     * @throws IllegalArgumentException if names of files may have no characters
     */
    public Source {
        files = List.copyOf(files);
        if (kind == Kind.NAMES && !files.isEmpty() && maxLength < 1) {
            throw new IllegalArgumentException(
                    "a name may have at least 1 character, but maxLength is " + maxLength);
        }
    }

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
    public static final Source EMBEDDED_NAMES = names(List.of(), null, null, 0);

    /** The text that comes with the project. */
    public static final Source EMBEDDED_TEXT = text(List.of(), 0);

    /**
     * {@return the source of names in files, whose checksum is not known yet}
     *
     * @param files the files or folders
     * @param column a table's column of names; null for the default
     * @param countColumn a table's column of counts; null for none
     * @param maxLength how many characters a name may have
     */
    public static Source names(
            List<String> files,
            @Nullable String column,
            @Nullable String countColumn,
            int maxLength) {
        return new Source(
                Kind.NAMES,
                absolute(files),
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
        return new Source(Kind.TEXT, absolute(files), "", "", 0, bytePairs, "");
    }

    // A run may be resumed from another folder.
    private static List<String> absolute(List<String> files) {
        return files.stream()
                .map(file -> file.equals("-") ? file : Path.of(file).toAbsolutePath().toString())
                .toList();
    }

    Source withSha256(String hash) {
        return new Source(kind, files, column, countColumn, maxLength, bytePairs, hash);
    }

    /**
     * {@return the data, read again}
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
        String[] places = files.toArray(String[]::new);
        Corpus corpus =
                switch (kind) {
                    case NAMES -> NamesCorpus.of(names(places), this);
                    case TEXT ->
                            TextCorpus.of(
                                    files.isEmpty() ? Texts.embedded() : Texts.read(places), this);
                };
        if (!corpus.sha256().equals(sha256)) {
            throw new DataFileException(
                    (files.isEmpty() ? "what comes with the project" : String.join(", ", files))
                            + " must be the data of the run, but is not; give these with "
                            + kind.option());
        }
        return corpus;
    }

    private List<String> names(String... places) {
        return files.isEmpty()
                ? Names.embedded()
                : ItemReader.builder()
                        .optColumn(column.isEmpty() ? null : column)
                        .optCountColumn(countColumn.isEmpty() ? null : countColumn)
                        .optMaxLength(maxLength)
                        .build()
                        .read(places)
                        .repeated();
    }
}
