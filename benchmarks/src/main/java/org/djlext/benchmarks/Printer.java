/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.PrintWriter;
import java.util.Locale;

/** Where results go: lines and tables, alike in all countries, each at once. */
record Printer(PrintWriter writer) {

    /** Prints a part of a line. */
    void print(String format, Object... args) {
        writer.printf(Locale.ROOT, format, args);
        writer.flush();
    }

    void line(String format, Object... args) {
        print(format + "%n", args);
    }

    /**
     * Prints the head of a table.
     *
     * @param texts how many columns are text; those after them are numbers
     * @param titles the titles with " | " between them
     */
    void head(int texts, String titles) {
        int columns = titles.split("\\|", -1).length;
        line("| %s |", titles);
        line("|%s%s", " --- |".repeat(texts), " ---: |".repeat(columns - texts));
    }
}
