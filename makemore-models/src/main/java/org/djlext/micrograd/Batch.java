/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Examples as leaves of a graph.
 *
 * @param points the inputs of each example
 * @param labels the label of each example, -1 or 1
 */
public record Batch(List<List<Value>> points, List<Value> labels) {

    /**
     * {@return examples of numbers, which become leaves}
     *
     * @param points the inputs of each example
     * @param labels the label of each example
     */
    public static Batch of(double[][] points, double[] labels) {
        if (points.length != labels.length) {
            throw new IllegalArgumentException(
                    "a batch needs a label for each point, but got %s points and %s labels"
                            .formatted(points.length, labels.length));
        }
        return new Batch(Arrays.stream(points).map(Batch::leaves).toList(), leaves(labels));
    }

    private static List<Value> leaves(double[] numbers) {
        return Arrays.stream(numbers).mapToObj(Value::new).toList();
    }

    /**
     * {@return the output of a net of one output for each example}
     *
     * @param model the net
     */
    public List<Value> scores(Mlp model) {
        List<Value> scores = new ArrayList<>(points.size());
        for (List<Value> point : points) {
            scores.add(model.call(point).get(0));
        }
        return scores;
    }

    /**
     * {@return some of the examples, in that order, with the same leaves}
     *
     * @param rows which
     */
    public Batch subset(int... rows) {
        return new Batch(
                Arrays.stream(rows).mapToObj(points::get).toList(),
                Arrays.stream(rows).mapToObj(labels::get).toList());
    }

    /**
     * Gives the leaves the numbers of other examples, for a graph that is computed again with them.
     *
     * @param other as many examples, of as many inputs
     */
    public void set(Batch other) {
        set(labels, other.labels);
        for (int i = 0; i < labels.size(); i++) {
            set(points.get(i), other.points.get(i));
        }
    }

    private static void set(List<Value> leaves, List<Value> numbers) {
        if (leaves.size() != numbers.size()) {
            throw new IllegalArgumentException(
                    ("a batch takes the numbers of as many examples and inputs as it has, %s, but"
                                    + " got %s")
                            .formatted(leaves.size(), numbers.size()));
        }
        for (int i = 0; i < leaves.size(); i++) {
            leaves.get(i).data = numbers.get(i).data;
        }
    }
}
