/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.data.Names;

/** The lectures' names.txt, for tests that need it. */
public final class LectureNames {

    private LectureNames() {}

    /** Returns the names, or leaves the test out if the file is not here. */
    public static List<String> all() {
        Optional<Path> file = Names.LECTURES.findLocal();
        assumeTrue(file.isPresent(), "names.txt is not here; name its folder in MAKEMORE_DATA");
        return Names.read(file.get());
    }

    /** Returns the names as the lectures split them, or leaves the test out. */
    public static NameSplit split() {
        return NameSplit.of(all());
    }
}
