/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.nio.file.Path;
import java.util.List;

/** Lists of names, a name a line: the one that comes with the project, a file, or the lectures'. */
public final class Names {

    /** The lectures' 32,033 names. */
    public static final PublishedFile LECTURES =
            new PublishedFile(
                    "names.txt",
                    "names.txt",
                    "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
                    "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d");

    private Names() {}

    /**
     * {@return the names that come with the project, about 1,900 given names from many countries,
     * in alphabetical order}
     */
    public static List<String> embedded() {
        return Texts.resource("names.txt").lines().toList();
    }

    /**
     * {@return the names of a file in the letters a to z, in its order}
     *
     * @param file the file
     * @throws DataFileException if it is refused, as {@link Source#items} says, or a name has
     *     another character
     */
    public static List<String> read(Path file) {
        return Source.names(List.of(file.toString())).letters().items();
    }
}
