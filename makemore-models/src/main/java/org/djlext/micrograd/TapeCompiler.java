/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Turns a graph into the arrays of a {@link Tape}. */
final class TapeCompiler {

    final List<Value> parameters;
    final List<Value> inputs;
    final Op[] op;
    final int[] a;
    final int[] b;
    final double[] exponent;
    final int[] terms;
    final double[] leafData;
    final int[] outputSlots;
    final int rootSlot;
    int instructions;
    int termCount;
    int leafSlots;

    private final FlatGraph graph;
    private final int[] owner;
    private final int[] slots;
    private final int one;

    TapeCompiler(Value root, List<Value> parameters, List<Value> inputs, List<Value> outputs) {
        this.parameters = List.copyOf(parameters);
        this.inputs = List.copyOf(inputs);
        graph = new FlatGraph(root);
        int n = graph.size();
        boolean[] wanted = new boolean[n];
        for (Value output : outputs) {
            wanted[positionOfOutput(output)] = true;
        }
        owner = SumFusion.owners(graph, wanted);

        slots = new int[n];
        Arrays.fill(slots, -1);
        leafData = new double[n + parameters.size() + inputs.size() + 1];
        assignLeaves();
        one = leafSlots;
        leafData[leafSlots++] = 1;

        op = new Op[n];
        a = new int[n];
        b = new int[n];
        exponent = new double[n];
        terms = new int[3 * n];
        for (int p = 0; p < n; p++) {
            if (slots[p] < 0 && owner[p] == p) {
                emit(p);
            }
        }
        rootSlot = slots[n - 1];
        outputSlots = outputs.stream().mapToInt(o -> slots[graph.position(o)]).toArray();
    }

    private int positionOfOutput(Value output) {
        int p = graph.position(output);
        if (p < 0) {
            throw new IllegalArgumentException(
                    "an output must be in the graph of the root, but " + output + " is not");
        }
        return p;
    }

    private void assignLeaves() {
        List<Value> variables = Stream.concat(parameters.stream(), inputs.stream()).toList();
        for (Value leaf : variables) {
            int p = graph.position(leaf);
            if (leaf.op != Op.LEAF) {
                throw new IllegalArgumentException(
                        "parameters and inputs must be leaves, but "
                                + leaf
                                + " is the result of "
                                + leaf.op());
            }
            // A leaf that the root does not depend on has a slot all the same, and no gradient.
            if (p >= 0) {
                if (slots[p] >= 0) {
                    throw new IllegalArgumentException(
                            "parameters and inputs must be listed once, but " + leaf + " is twice");
                }
                slots[p] = leafSlots;
            }
            leafData[leafSlots++] = leaf.data;
        }
        for (int p = 0; p < slots.length; p++) {
            if (graph.op(p) == Op.LEAF && slots[p] < 0) {
                leafData[leafSlots] = graph.order.get(p).data;
                slots[p] = leafSlots++;
            }
        }
    }

    private void emit(int p) {
        int i = instructions++;
        slots[p] = leafSlots + i;
        exponent[i] = graph.order.get(p).exponent;
        int left = graph.left[p];
        int right = graph.right[p];
        if (graph.op(p) == Op.ADD && (owner[left] == p || owner[right] == p)) {
            op[i] = Op.DOT;
            a[i] = termCount;
            emitTerms(p);
            b[i] = termCount;
        } else {
            op[i] = graph.op(p);
            a[i] = slots[left];
            b[i] = right < 0 ? 0 : slots[right];
        }
    }

    // The additions of a sum lead from its last term to its first, so they are filled in backwards.
    private void emitTerms(int sum) {
        int length = 1;
        int addition = sum;
        while (owner[graph.left[addition]] == sum) {
            addition = graph.left[addition];
            length++;
        }
        terms[termCount] = slots[graph.left[addition]];
        int k = termCount + 2 * length - 1;
        termCount += 2 * length + 1;
        addition = sum;
        for (int t = 0; t < length; t++) {
            int term = graph.right[addition];
            boolean product = owner[term] == sum;
            // A term that is not a product is itself times 1.
            terms[k] = slots[product ? graph.left[term] : term];
            terms[k + 1] = product ? slots[graph.right[term]] : one;
            k -= 2;
            addition = graph.left[addition];
        }
    }
}
