/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.djlext.examples.lecture.Output;

/** Takes what an example prints. */
public final class Printed {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Returns where to print. */
    public Output output() {
        return new Output(new PrintStream(bytes, true, StandardCharsets.UTF_8), null);
    }

    /** Returns what was printed. */
    public String text() {
        return bytes.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
    }
}
