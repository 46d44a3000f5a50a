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

/** Memory of processes, as Linux counts it. */
final class ResidentMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR_REFS = Path.of("/proc/self/clear_refs");

    private ResidentMemory() {}

    /**
     * Runs something and returns by how many MiB it raised the resident memory at its peak; NaN
     * without Linux.
     */
    static double peakOf(Runnable action) {
        if (!Files.isReadable(STATUS) || !Files.isWritable(CLEAR_REFS)) {
            return Double.NaN;
        }
        try {
            Files.writeString(CLEAR_REFS, "5"); // the peak is the present from here on
            double before = mebibytes(STATUS, "VmRSS");
            action.run();
            return mebibytes(STATUS, "VmHWM") - before;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns one of the kernel's figures of this process, such as VmRSS; NaN without Linux. */
    static double mebibytes(String field) {
        if (!Files.isReadable(STATUS)) {
            return Double.NaN;
        }
        try {
            return mebibytes(STATUS, field);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads a field of a process's status, in MiB.
     *
     * @throws IOException if the process is gone, or has no memory any more
     */
    static double mebibytes(Path status, String field) throws IOException {
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith(field + ":")) {
                return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        throw new IOException("no " + field + " in " + status);
    }
}
