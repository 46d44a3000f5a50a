/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Divides a graph into layers and orders each so that few edges cross.
 *
 * <p>An item's layer is its longest way to the root, so that leaves stand close to where they are
 * used. An edge over several layers is given a bend in each between. The order comes from sweeps to
 * and fro, in which each item moves to the mean of its neighbours in the layer before (Sugiyama,
 * Tagawa and Toda, "Methods for visual understanding of hierarchical system structures", 1981).
 */
final class Layers {

    // The last one goes from the root to the leaves, which leaves the fewest crossings in a net.
    private static final int SWEEPS = 25;

    private final List<int[]> edges = new ArrayList<>();
    private final List<List<Integer>> paths = new ArrayList<>();
    private final List<Integer> layerOf = new ArrayList<>();
    private final List<List<Integer>> before = new ArrayList<>();
    private final List<List<Integer>> after = new ArrayList<>();
    private final List<List<Integer>> layers = new ArrayList<>();
    private int items;

    /** Adds an item. Those that an edge leads to must be added before those that it comes from. */
    int addItem() {
        items++;
        return newPlace(0);
    }

    void addEdge(int from, int to) {
        edges.add(new int[] {from, to});
    }

    private int newPlace(int layer) {
        layerOf.add(layer);
        before.add(new ArrayList<>());
        after.add(new ArrayList<>());
        return layerOf.size() - 1;
    }

    void arrange() {
        // Edges in the order of what they lead to: its layer is known when it is reached.
        edges.sort(Comparator.comparingInt(edge -> edge[1]));
        for (int[] edge : edges) {
            int layer = Math.max(layerOf.get(edge[0]), layerOf.get(edge[1]) + 1);
            layerOf.set(edge[0], layer);
        }
        for (int[] edge : edges) {
            addPath(edge[0], edge[1]);
        }
        // The last added first: the operands of a * b come as b and a, and a belongs above.
        for (int place = layerOf.size() - 1; place >= 0; place--) {
            while (layers.size() <= layerOf.get(place)) {
                layers.add(new ArrayList<>());
            }
            layers.get(layerOf.get(place)).add(place);
        }
        order();
    }

    private void addPath(int from, int to) {
        List<Integer> path = new ArrayList<>();
        path.add(from);
        for (int layer = layerOf.get(from) - 1; layer > layerOf.get(to); layer--) {
            path.add(newPlace(layer));
        }
        path.add(to);
        for (int i = 1; i < path.size(); i++) {
            after.get(path.get(i - 1)).add(path.get(i));
            before.get(path.get(i)).add(path.get(i - 1));
        }
        paths.add(path);
    }

    private void order() {
        double[] rank = new double[layerOf.size()];
        layers.forEach(layer -> number(layer, rank));
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            boolean leftwards = sweep % 2 == 0;
            List<List<Integer>> neighbours = leftwards ? after : before;
            for (int i = 1; i < layers.size(); i++) {
                List<Integer> layer = layers.get(leftwards ? i : layers.size() - 1 - i);
                layer.sort(
                        Comparator.comparingDouble(
                                place -> mean(neighbours.get(place), rank, rank[place])));
                number(layer, rank);
            }
        }
    }

    private static void number(List<Integer> layer, double[] rank) {
        for (int k = 0; k < layer.size(); k++) {
            rank[layer.get(k)] = k;
        }
    }

    static double mean(List<Integer> places, double[] numbers, double ifNone) {
        return places.stream().mapToDouble(place -> numbers[place]).average().orElse(ifNone);
    }

    int count() {
        return layers.size();
    }

    int layerOf(int place) {
        return layerOf.get(place);
    }

    boolean isBend(int place) {
        return place >= items;
    }

    List<Integer> layer(int i) {
        return layers.get(i);
    }

    List<Integer> before(int place) {
        return before.get(place);
    }

    List<Integer> after(int place) {
        return after.get(place);
    }

    /** Returns for each edge the places that it goes through, both ends included. */
    List<List<Integer>> paths() {
        return paths;
    }

    int places() {
        return layerOf.size();
    }
}
