/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

/** What a run is trained and evaluated on: names, or a text. */
public sealed interface Corpus permits NamesCorpus, TextCorpus {

    /** A part of the data. */
    enum Part {
        /** What the parameters are fitted to. */
        TRAIN,
        /** What settings are chosen by. */
        DEV,
        /** What the last figure is taken from. */
        TEST
    }

    /** {@return the numbers of what the data consist of: characters, or byte pairs} */
    Vocabulary vocabulary();

    /** {@return where the data came from} */
    Source source();

    /** {@return what tells these data from others, a sha256 in hexadecimal digits} */
    default String sha256() {
        return source().sha256();
    }

    /**
     * {@return the examples of a part, in the order of the data}
     *
     * @param part the part
     * @param everyPosition whether each position has a target, or only what follows a context
     * @param blockSize how many characters the model sees
     * @throws DataFileException if the data do not fit the block size
     */
    Examples examples(Part part, boolean everyPosition, int blockSize);
}
