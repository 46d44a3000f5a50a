/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlext.internal.EngineGraph;
import org.jspecify.annotations.Nullable;

/**
 * A picture of the engine's graph, as torchviz draws it: the operations that a backward pass would
 * go through, the user's own among them, and the leaves that gradients are stored on.
 *
 * <pre>{@code
 * String dot = GraphPicture.dot(loss, new NDList(w, b)); // for Graphviz: dot -Tsvg
 * }</pre>
 */
public final class GraphPicture {

    private GraphPicture() {}

    /**
     * Draws the graph of an array in the language of Graphviz.
     *
     * @param root the array, such as a loss
     * @param named arrays whose {@linkplain NDArray#getName names} are written on their leaves; may
     *     be empty
     * @return the text: an arrow leads from what was computed first to what it is used in; leaves
     *     are blue with their shapes, custom functions yellow
     * @throws IllegalArgumentException if the array is not part of a graph
     */
    public static String dot(NDArray root, NDList named) {
        PtNDArray tensor = Arguments.onPyTorch("dot", root);
        long first = EngineGraph.node(tensor);
        if (first == 0) {
            throw new IllegalArgumentException(
                    "dot draws the graph of an array that gradients flow to, but none flows to "
                            + Arguments.describe(root));
        }
        Map<Long, String> names = new HashMap<>();
        for (NDArray array : named) {
            names.put(EngineGraph.node(Arguments.onPyTorch("dot", array)), array.getName());
        }
        StringBuilder nodes = new StringBuilder("digraph {\n  node [shape=box, style=filled];\n");
        StringBuilder edges = new StringBuilder();
        Map<Long, Integer> numbers = new HashMap<>();
        List<Long> order = new ArrayList<>();
        numbers.put(first, 0);
        order.add(first);
        try (NDManager manager = root.getManager().newSubManager()) {
            for (int number = 0; number < order.size(); number++) {
                long node = order.get(number);
                nodes.append("  n" + number + " [" + look(node, names.get(node), manager) + "];\n");
                for (long next : EngineGraph.next(node)) {
                    if (next == 0) {
                        continue;
                    }
                    Integer known = numbers.putIfAbsent(next, order.size());
                    int from = known == null ? order.size() : known;
                    if (known == null) {
                        order.add(next);
                    }
                    edges.append("  n" + from + " -> n" + number + ";\n");
                }
            }
        }
        return nodes.append(edges).append("}\n").toString();
    }

    private static String look(long node, @Nullable String name, NDManager manager) {
        NDArray leaf = EngineGraph.leaf(node, manager);
        if (leaf != null) {
            String label = (name == null ? "" : escaped(name) + "\\n") + leaf.getShape();
            return "label=\"" + label + "\", fillcolor=lightblue";
        }
        String color = EngineGraph.java(node) == null ? "white" : "lightyellow";
        return "label=\"" + escaped(EngineGraph.name(node)) + "\", fillcolor=" + color;
    }

    private static String escaped(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"");
    }
}
