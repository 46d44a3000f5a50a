/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** What a command printed and how it ended. */
record Outcome(int exitCode, String out, String err) {

    /** Runs the makemore command line in this process. */
    static Outcome of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code =
                CommandLines.execute(
                        Makemore.commandLine()
                                .setOut(new PrintWriter(out))
                                .setErr(new PrintWriter(err)),
                        Stream.of(args).map(Object::toString).toArray(String[]::new));
        return new Outcome(code, out.toString(), err.toString().strip());
    }

    /** Splits a line into words, in which each %s is one of the values. */
    static List<String> words(String line, Object... values) {
        Iterator<Object> value = List.of(values).iterator();
        return Stream.of(line.strip().split(" ", -1))
                .map(w -> w.contains("%s") ? w.replace("%s", value.next() + "") : w)
                .toList();
    }

    /** Runs a line, with values for each %s. */
    static Outcome run(String line, Object... values) {
        return of(words(line, values).toArray());
    }

    /** Runs a line that makes no mistake. */
    static Outcome ok(String line, Object... values) {
        Outcome outcome = run(line, values);
        assertEquals(0, outcome.exitCode, outcome.err);
        return outcome;
    }

    /** Checks that this ended by a mistake of the user, told in a sentence that has a part. */
    void assertMistake(String part) {
        assertEquals(2, exitCode, this::toString);
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.matches("makemore( [a-z-]+)?: .*"), err);
        assertTrue(err.contains(part), err);
        assertFalse(err.matches(".*(Exception|java\\.|Json[A-Z]| an int\\b).*"), err);
    }
}
