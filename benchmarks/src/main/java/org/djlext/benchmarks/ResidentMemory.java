/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Peak memory of this process, as Linux counts it. */
final class ResidentMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR_REFS = Path.of("/proc/self/clear_refs");

    private ResidentMemory() {}

    static boolean isAvailable() {
        return Files.isReadable(STATUS) && Files.isWritable(CLEAR_REFS);
    }

    /** Runs something and returns by how many MiB it raised the resident memory at its peak. */
    static double peakOf(Runnable action) {
        try {
            Files.writeString(CLEAR_REFS, "5"); // the peak is the present from here on
            double before = mebibytes("VmRSS");
            action.run();
            return mebibytes("VmHWM") - before;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns one of the kernel's figures of this process, such as VmRSS; NaN if there is none. */
    static double mebibytes(String field) {
        if (!Files.isReadable(STATUS)) {
            return Double.NaN;
        }
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(field + ":")) {
                    return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
                }
            }
            return Double.NaN;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
