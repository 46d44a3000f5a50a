/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.djlext.makemore.data.Names;

/** The lectures' names, where they are. */
final class RealNames {

    private RealNames() {}

    /** Reads them, or leaves the test out. */
    static List<String> orLeaveOut() {
        Optional<Path> file = Names.findLocal();
        if (file.isEmpty()) {
            System.out.println("left out: names.txt is not here; name its folder in MAKEMORE_DATA");
        }
        assumeTrue(file.isPresent());
        return Names.read(file.get());
    }
}
