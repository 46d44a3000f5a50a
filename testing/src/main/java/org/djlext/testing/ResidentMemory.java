/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/** The memory of this process, for tests of what is left behind. */
public final class ResidentMemory {

    private static final Path STATUS = Path.of("/proc/self/status");

    private ResidentMemory() {}

    /** Leaves the test out where the memory is not to be had. */
    public static void assumeKnown() {
        assumeTrue(isKnown(), "there is no " + STATUS);
    }

    /** {@return whether the memory is to be had, as on Linux} */
    public static boolean isKnown() {
        return Files.exists(STATUS);
    }

    /**
     * Fails if the memory grows over many calls. The test is left out where the memory is not to be
     * had.
     *
     * @param warmUp the calls of which the growth does not count, as the JVM still compiles
     * @param calls the calls that follow
     * @param limit how many MiB these may need more
     * @param call what is called, with the number of the call from 0
     * @throws IOException if the system does not say
     */
    public static void assertFlat(int warmUp, int calls, double limit, IntConsumer call)
            throws IOException {
        assumeKnown();
        for (int i = 0; i < warmUp; i++) {
            call.accept(i);
        }
        double before = mebibytes();
        for (int i = warmUp; i < warmUp + calls; i++) {
            call.accept(i);
        }
        double grown = mebibytes() - before;
        assertTrue(
                grown < limit,
                () -> "grew by " + grown + " MiB in " + calls + " calls of " + before);
    }

    /**
     * {@return the memory in MiB}
     *
     * @throws IOException if the system does not say
     */
    public static double mebibytes() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        throw new IOException("no VmRSS in " + STATUS);
    }
}
