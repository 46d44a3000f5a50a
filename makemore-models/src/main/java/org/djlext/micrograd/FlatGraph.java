/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * A graph with positions in the topological order in place of references.
 *
 * <p>A use of a node is the position of one that was computed from it. Backward visits the uses of
 * a node from the last to the first, and in this order its gradient is summed.
 */
final class FlatGraph {

    final List<Value> order;
    final int[] left;
    final int[] right;
    private final IdentityHashMap<Value, Integer> positions;
    // The uses of node p, ascending, are uses[useStart[p]] to uses[useStart[p + 1] - 1].
    private final int[] useStart;
    private final int[] uses;

    FlatGraph(Value root) {
        order = root.topologicalOrder();
        int n = order.size();
        positions = new IdentityHashMap<>(n);
        left = new int[n];
        right = new int[n];
        useStart = new int[n + 1];
        for (int p = 0; p < n; p++) {
            Value node = order.get(p);
            left[p] = node.left == null ? -1 : position(node.left);
            right[p] = node.right == null ? -1 : position(node.right);
            positions.put(node, p);
            countUse(left[p]);
            countUse(right[p]);
        }
        for (int p = 0; p < n; p++) {
            useStart[p + 1] += useStart[p];
        }
        uses = new int[useStart[n]];
        int[] filled = Arrays.copyOf(useStart, n);
        for (int p = 0; p < n; p++) {
            for (int child : new int[] {left[p], right[p]}) {
                if (child >= 0) {
                    uses[filled[child]++] = p;
                }
            }
        }
    }

    private void countUse(int child) {
        if (child >= 0) {
            useStart[child + 1]++;
        }
    }

    int size() {
        return order.size();
    }

    Op op(int p) {
        return order.get(p).op;
    }

    /** Returns where a node is, or -1 if it is not in the graph. */
    int position(Value node) {
        return positions.getOrDefault(node, -1);
    }

    int useCount(int p) {
        return useStart[p + 1] - useStart[p];
    }

    /** Returns the first use of node p after a position, or the graph's size if there is none. */
    int nextUse(int p, int after) {
        int found = Arrays.binarySearch(uses, useStart[p], useStart[p + 1], after + 1);
        int i = found >= 0 ? found : -found - 1;
        return i < useStart[p + 1] ? uses[i] : size();
    }
}
