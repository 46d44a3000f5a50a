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

/**
 * What a picture of a graph shows.
 *
 * @param nodes the nodes, the root first
 * @param edges from each node to what was computed from it; a + a has one
 */
public record Trace(List<Value> nodes, List<Edge> edges) {

    /**
     * One node went into another.
     *
     * @param from the child
     * @param to what was computed from it
     */
    public record Edge(Value from, Value to) {}

    /**
     * Collects the nodes and edges below a node.
     *
     * @param root the node
     * @return what its picture shows
     */
    public static Trace of(Value root) {
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
