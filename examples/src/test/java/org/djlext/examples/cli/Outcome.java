/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What a command printed and how it ended. */
record Outcome(int exitCode, String out, String err) {

    /** Runs the makemore command line in this process. */
    static Outcome of(Object... args) {
        String[] texts = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            texts[i] = args[i].toString();
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code =
                CommandLines.execute(
                        Makemore.commandLine()
                                .setOut(new PrintWriter(out))
                                .setErr(new PrintWriter(err)),
                        texts);
        return new Outcome(code, out.toString(), err.toString().strip());
    }
}
