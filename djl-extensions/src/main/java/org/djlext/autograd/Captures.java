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
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
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
            long own = EngineGraph.node((PtNDArray) captured.get(i));
            Set<Long> seen = new HashSet<>(Arrays.asList(0L, own));
            Deque<Long> due = new ArrayDeque<>();
            if (own != 0) {
                due.add(own);
            }
            while (!due.isEmpty()) {
                for (long next : EngineGraph.next(due.pop())) {
                    Integer other = numbers.get(next);
                    if (other != null) {
                        throw new IllegalArgumentException(
                                "a checkpoint takes captured arrays none of which was computed from"
                                        + " another, but captured array "
                                        + i
                                        + " was computed from captured array "
                                        + other
                                        + "; leave out one of them");
                    }
                    if (seen.add(next)) {
                        due.push(next);
                    }
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
        Set<Long> seen = new HashSet<>();
        for (NDArray array : declared) {
            seen.add(EngineGraph.node((PtNDArray) array));
        }
        // An edge that leads nowhere.
        seen.add(0L);
        Deque<Long> due = new ArrayDeque<>();
        for (NDArray output : outputs) {
            long node = EngineGraph.node((PtNDArray) output);
            if (seen.add(node)) {
                due.add(node);
            }
        }
        while (!due.isEmpty()) {
            long node = due.pop();
            long[] next = EngineGraph.next(node);
            if (next.length == 0) {
                check(node, near);
            }
            for (long other : next) {
                if (seen.add(other)) {
                    due.push(other);
                }
            }
        }
    }

    private static void check(long node, NDArray near) {
        try (NDManager manager = near.getManager().newSubManager()) {
            PtNDArray leaf = EngineGraph.leaf(node, manager);
            if (leaf == null) {
                return;
            }
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
