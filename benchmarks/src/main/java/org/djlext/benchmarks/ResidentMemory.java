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

    private static final Path CLEAR_REFS = Path.of("/proc/self/clear_refs");

    private ResidentMemory() {}

    /**
     * Runs something and returns by how many MiB it raised the resident memory at its peak; NaN
     * without Linux.
     */
    static double peakOf(Runnable action) {
        if (!Files.isWritable(CLEAR_REFS)) {
            return Double.NaN;
        }
        try {
            Files.writeString(CLEAR_REFS, "5"); // the peak is the present from here on
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        double before = mebibytes("self", "VmRSS");
        action.run();
        return mebibytes("self", "VmHWM") - before;
    }

    /**
     * Returns a figure of a process in MiB; NaN without Linux, or if the process is gone.
     *
     * @param process its number, or self
     * @param field the kernel's name of the figure, such as VmRSS
     */
    static double mebibytes(Object process, String field) {
        try {
            return Files.readAllLines(Path.of("/proc/" + process + "/status")).stream()
                    .filter(line -> line.startsWith(field + ":"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }
}
