/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The Python of this machine, for tests that compare with what is written in it. */
public final class Python {

    private Python() {}

    /**
     * Returns an interpreter that has a module; where there is none the test is left out.
     *
     * @param module the module, such as torch
     * @return the interpreter's name or path
     */
    public static String with(String module) throws InterruptedException {
        // An interpreter of the user's own often hides the one that the system's packages are for.
        for (String python : List.of("python3", "/usr/bin/python3")) {
            try {
                Process process = new ProcessBuilder(python, "-c", "import " + module).start();
                if (process.waitFor() == 0) {
                    return python;
                }
            } catch (IOException e) {
                // there is no such program
            }
        }
        return Assumptions.abort("there is no python3 with " + module);
    }

    /** Runs a program that has to succeed, and returns what it prints. */
    public static String run(ProcessBuilder program) throws IOException, InterruptedException {
        Process process = program.redirectErrorStream(true).start();
        String printed =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }
}
