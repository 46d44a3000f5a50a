/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlatMemoryTest {

    /** Keeps some megabytes and leaves garbage, as a training does. */
    public static final class Child {
        private Child() {}

        /**
         * The main.
         *
         * @param args MiB to keep
         */
        public static void main(String[] args) {
            int count = Integer.parseInt(args[0]) << 4;
            byte[][] kept = new byte[count][1 << 16];
            FlatMemory memory = new FlatMemory();
            for (int step = 0; step < 10_000; step++) {
                kept[step % count] = new byte[1 << 16];
                memory.afterStep();
            }
            memory.tidyUp();
            System.out.print("kept " + kept.length);
        }
    }

    @ParameterizedTest
    @CsvSource({"Serial", "Parallel", "G1"})
    void theRoomThatIsTakenIsNeverTooMuch(String collector) throws Exception {
        for (int heap : new int[] {24, 48, 64, 128}) {
            assertEquals("kept 128", child("-XX:+Use" + collector + "GC", "-Xmx" + heap + "m"));
        }
    }

    private static String child(String collector, String heap)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                collector,
                                heap,
                                "-cp",
                                System.getProperty("java.class.path"),
                                Child.class.getName(),
                                "8")
                        .redirectErrorStream(true)
                        .start();
        String printed =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }
}
