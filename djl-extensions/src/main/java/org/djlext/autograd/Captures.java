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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.djlext.internal.EngineGraph;
import org.jspecify.annotations.Nullable;

/** What a checkpointed function uses beside its inputs. */
final class Captures {

    private Captures() {}

    /**
     * Fails if one of the arrays was computed from another, whose gradient would count it twice.
     */
    static void checkIndependent(NDList captured) {
        Map<Long, Integer> numbers = new HashMap<>();
        for (int i = 0; i < captured.size(); i++) {
            numbers.putIfAbsent(EngineGraph.node((PtNDArray) captured.get(i)), i);
        }
        numbers.remove(0L);
        for (int i = 0; i < captured.size(); i++) {
            if (captured.get(i).hasGradient()) {
                continue; // a leaf
            }
            int number = i;
            long own = EngineGraph.node((PtNDArray) captured.get(i));
            walk(
                    Set.of(own),
                    Set.of(),
                    node -> {
                        Integer other = numbers.get(node);
                        if (other != null && node != own) {
                            throw new IllegalArgumentException(
                                    ("a checkpoint takes captured arrays none of which was computed"
                                                    + " from another, but captured array %s was"
                                                    + " computed from captured array %s; leave out"
                                                    + " one of them")
                                            .formatted(number, other));
                        }
                    });
        }
    }

    /** Visits nodes and what they lead to, each once, up to nodes where it ends. */
    private static void walk(Set<Long> from, Set<Long> ends, LongConsumer visit) {
        Set<Long> seen = new HashSet<>(ends);
        seen.add(0L); // an edge that leads nowhere
        Deque<Long> due = new ArrayDeque<>(from);
        while (!due.isEmpty()) {
            long node = due.pop();
            if (seen.add(node)) {
                visit.accept(node);
                for (long next : EngineGraph.next(node)) {
                    due.push(next);
                }
            }
        }
    }

    /**
     * Fails if outputs were computed from a leaf by another way than through declared arrays.
     *
     * @param outputs what the function has returned, while it was recorded
     * @param declared the arrays that it may use
     * @param near an array whose managers may know the leaf's name
     */
    static void checkDeclared(NDList outputs, NDList declared, NDArray near) {
        walk(nodes(outputs), nodes(declared), node -> check(node, near));
    }

    private static Set<Long> nodes(NDList arrays) {
        return arrays.stream()
                .map(array -> EngineGraph.node((PtNDArray) array))
                .collect(Collectors.toSet());
    }

    /** Fails if a node stores the gradient of a leaf. */
    private static void check(long node, NDArray near) {
        PtNDArray leaf = EngineGraph.leaf(node, near.getManager());
        if (leaf == null) {
            return;
        }
        try (leaf) {
            leaf.setName(nameOf(node, near.getManager()));
            throw new IllegalStateException(
                    "a checkpointed function uses "
                            + Arguments.describe(leaf)
                            + ", itself or by what was computed from it, which requires a gradient"
                            + " and would get none; give what it uses to captured");
        }
    }

    /** The name of a leaf that is in a manager or in one above it. */
    private static @Nullable String nameOf(long node, NDManager manager) {
        for (NDManager m = manager; m != null; m = parent(m)) {
            for (NDArray array : m.getManagedArrays()) {
                if (array.getName() != null
                        && array instanceof PtNDArray tensor
                        && tensor.hasGradient()
                        && EngineGraph.node(tensor) == node) {
                    return array.getName();
                }
            }
        }
        return null;
    }

    private static @Nullable NDManager parent(NDManager manager) {
        NDManager parent = manager.getParentManager();
        return parent == manager ? null : parent;
    }
}
