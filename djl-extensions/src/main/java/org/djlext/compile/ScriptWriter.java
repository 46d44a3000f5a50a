/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.List;

/** Writes the functions of a script. */
final class ScriptWriter {

    private final StringBuilder text = new StringBuilder();
    private int indent;

    /** Begins a function. */
    void begin(String name, List<String> parameters) {
        if (text.length() > 0) {
            text.append('\n');
        }
        indent = 0;
        line("def " + name + "(" + String.join(", ", parameters) + "):");
        indent = 1;
    }

    /** Begins the lines of a loop or a condition, until {@link #endBlock}. */
    void beginBlock(String header) {
        line(header);
        indent++;
    }

    void endBlock() {
        indent--;
    }

    /** Writes a line as it is. */
    void line(String line) {
        text.append("    ".repeat(indent)).append(line).append('\n');
    }

    /** Takes the values of a list by their names. */
    void unpack(List<Value> values, String list) {
        for (int i = 0; i < values.size(); i++) {
            line(values.get(i) + " = " + list + "[" + i + "]");
        }
    }

    /** Writes lines with the places in Java that they come from. */
    void lines(List<Line> lines) {
        for (Line line : lines) {
            String source = line.source();
            line(line + (source.isEmpty() ? "" : "  # " + source));
        }
    }

    /** Returns values as a list of the script. */
    static String list(List<Value> values) {
        List<String> names = new ArrayList<>();
        values.forEach(value -> names.add(value.name));
        return "[" + String.join(", ", names) + "]";
    }

    /** Returns what was written. */
    @Override
    public String toString() {
        return text.toString();
    }
}
