/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.nio.file.Path;

/**
 * Where the data of a run came from, so that it can be read again.
 *
 * @param kind what was read
 * @param file the file, or "" for the data that come with the project
 * @param sha256 what tells these data from others
 */
public record Source(Kind kind, String file, String sha256) {

    /** What a file can hold. */
    public enum Kind {
        /** A name a line. */
        NAMES,
        /** A text as it is. */
        TEXT
    }

    /** Makes a source of a file, or of what comes with the project if it is "". */
    static Source of(Kind kind, String file, byte[] content) {
        return new Source(kind, file, PublishedFile.sha256(content));
    }

    /**
     * Reads the data again.
     *
     * @return the corpus
     * @throws DataFileException if they are not there any more, or are others now
     */
    public Corpus open() {
        Corpus corpus =
                switch (kind) {
                    case NAMES ->
                            file.isEmpty()
                                    ? NamesCorpus.of(Names.embedded())
                                    : NamesCorpus.read(Path.of(file));
                    case TEXT ->
                            file.isEmpty()
                                    ? TextCorpus.of(Texts.embedded())
                                    : TextCorpus.read(Path.of(file));
                };
        if (!corpus.source().sha256.equals(sha256)) {
            throw new DataFileException(
                    (file.isEmpty() ? "the data that come with the project" : file)
                            + " must be the data of the run, but are others now; give those with"
                            + " --data");
        }
        return corpus;
    }
}
