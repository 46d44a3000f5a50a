/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.djlext.micrograd.Value;

/** What a picture of a graph shows: its nodes, the root first, and its edges; a + a has one. */
record Trace(List<Value> nodes, List<Edge> edges) {

    /** One node went into another. */
    record Edge(Value from, Value to) {}

    /** Collects the nodes and edges below a node. */
    static Trace of(Value root) {
        List<Value> nodes = new ArrayList<>(root.topologicalOrder());
        Collections.reverse(nodes);
        List<Edge> edges = new ArrayList<>();
        for (Value node : nodes) {
            for (Value child : node.children()) {
                edges.add(new Edge(child, node));
            }
        }
        return new Trace(List.copyOf(nodes), List.copyOf(edges));
    }
}
