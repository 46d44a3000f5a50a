/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns a graph into the arrays of a {@link Tape}. */
final class TapeCompiler {

    final List<Value> parameters;
    final List<Value> inputs;
    final Op[] op;
    final int[] a;
    final int[] b;
    final double[] exponent;
    final double[] leafData;
    final int[] outputSlots;
    final int rootSlot;
    final int leafSlots;

    private final IdentityHashMap<Value, Integer> slots = new IdentityHashMap<>();

    TapeCompiler(Value root, List<Value> parameters, List<Value> inputs, List<Value> outputs) {
        this.parameters = List.copyOf(parameters);
        this.inputs = List.copyOf(inputs);
        List<Value> order = root.topologicalOrder();
        List<Value> variables = Stream.concat(parameters.stream(), inputs.stream()).toList();
        variables.forEach(this::assignVariable);
        // A leaf that the root does not depend on has a slot all the same, and no gradient.
        List<Value> constants =
                order.stream().filter(v -> v.op == Op.LEAF && !slots.containsKey(v)).toList();
        constants.forEach(this::assign);
        leafSlots = slots.size();
        leafData =
                Stream.concat(variables.stream(), constants.stream())
                        .mapToDouble(leaf -> leaf.data)
                        .toArray();

        List<Value> results = order.stream().filter(v -> v.op != Op.LEAF).toList();
        results.forEach(this::assign);
        op = results.stream().map(v -> v.op).toArray(Op[]::new);
        a = results.stream().mapToInt(v -> slotOf(v.left)).toArray();
        b = results.stream().mapToInt(v -> slotOf(v.right)).toArray();
        exponent = results.stream().mapToDouble(v -> v.exponent).toArray();
        rootSlot = slotOf(root);
        outputSlots = outputs.stream().mapToInt(this::slotOfOutput).toArray();
    }

    private void assign(Value node) {
        slots.put(node, slots.size());
    }

    private void assignVariable(Value leaf) {
        if (leaf.op != Op.LEAF) {
            throw new IllegalArgumentException(
                    "parameters and inputs must be leaves, but "
                            + leaf
                            + " is the result of "
                            + leaf.op());
        }
        if (slots.containsKey(leaf)) {
            throw new IllegalArgumentException(
                    "parameters and inputs must be listed once, but " + leaf + " is twice");
        }
        assign(leaf);
    }

    private int slotOf(@Nullable Value node) {
        return node == null ? 0 : slots.getOrDefault(node, 0);
    }

    private int slotOfOutput(Value output) {
        Integer slot = slots.get(output);
        if (slot == null) {
            throw new IllegalArgumentException(
                    "an output must be in the graph of the root, but " + output + " is not");
        }
        return slot;
    }
}
