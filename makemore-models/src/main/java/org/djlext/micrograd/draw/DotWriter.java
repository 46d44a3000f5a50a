/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.djlext.micrograd.Value;

/** Writes a graph in the language of Graphviz. */
final class DotWriter {

    private DotWriter() {}

    static String write(List<Value> nodes) {
        StringBuilder out = new StringBuilder("digraph {\n  rankdir=LR\n");
        Map<Value, String> names = new HashMap<>();
        for (Value node : nodes) {
            String name = "n" + names.size();
            names.put(node, name);
            String record =
                    String.join(" | ", cells(node).stream().map(DotWriter::escape).toList());
            out.append("  %s [shape=record, label=\"{ %s }\"]\n".formatted(name, record));
            if (!node.op().isEmpty()) {
                out.append("  %s_op [label=\"%s\"]\n".formatted(name, node.op()));
                out.append("  %s_op -> %s\n".formatted(name, name));
            }
        }
        for (Value node : nodes) {
            for (Value child : node.children()) {
                out.append("  %s -> %s_op\n".formatted(names.get(child), names.get(node)));
            }
        }
        return out.append("}\n").toString();
    }

    // In a record these have a meaning of their own.
    private static String escape(String text) {
        return text.replaceAll("[\\\\{}|<>\"]", "\\\\$0");
    }

    /** Returns what stands in a node's box. */
    static List<String> cells(Value node) {
        String data = String.format(Locale.ROOT, "data %.4f", node.data);
        String grad = String.format(Locale.ROOT, "grad %.4f", node.grad);
        return List.of(node.label, data, grad);
    }
}
