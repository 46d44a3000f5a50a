/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.Arrays;

/**
 * Finds sums of products in a graph, ((start + u0 v0) + u1 v1) + ..., that can be run as one
 * instruction without changing a bit of any result.
 *
 * <p>The nodes inside are absorbed: they have no other use and nobody asks for them. A gradient is
 * summed in the order of its uses, and a use inside the sum takes place, once absorbed, where the
 * sum is. Between the two there must be no other use of the same node, or the order would change.
 */
final class SumFusion {

    private final FlatGraph graph;
    private final boolean[] wanted;
    private final int[] owner;

    private SumFusion(FlatGraph graph, boolean[] wanted) {
        this.graph = graph;
        this.wanted = wanted;
        owner = new int[graph.size()];
        Arrays.setAll(owner, p -> p);
    }

    /**
     * Returns for each position that of the sum that absorbs it, or its own.
     *
     * @param wanted positions that must not be absorbed
     */
    static int[] owners(FlatGraph graph, boolean[] wanted) {
        SumFusion fusion = new SumFusion(graph, wanted);
        boolean[] tried = new boolean[graph.size()];
        for (int p = graph.size() - 1; p >= 0; p--) {
            if (graph.op(p) == Op.ADD && !tried[p]) {
                fusion.absorb(p, tried);
            }
        }
        return fusion.owner;
    }

    private void absorb(int sum, boolean[] tried) {
        int addition = sum;
        while (true) {
            tried[addition] = true;
            int term = graph.right[addition];
            if (graph.op(term) == Op.MUL && isAbsorbable(term)) {
                owner[term] = sum;
            }
            int next = graph.left[addition];
            if (graph.op(next) != Op.ADD || !isAbsorbable(next)) {
                break;
            }
            owner[next] = sum;
            addition = next;
        }
        if (!keepsOrder(sum)) {
            release(sum);
        }
    }

    private boolean isAbsorbable(int p) {
        return graph.useCount(p) == 1 && !wanted[p];
    }

    private boolean keepsOrder(int sum) {
        int addition = sum;
        while (true) {
            int term = graph.right[addition];
            boolean kept =
                    owner[term] == sum
                            ? mayMove(graph.left[term], term, sum)
                                    && mayMove(graph.right[term], term, sum)
                            : mayMove(term, addition, sum);
            if (!kept) {
                return false;
            }
            int next = graph.left[addition];
            if (owner[next] != sum) {
                return mayMove(next, addition, sum);
            }
            addition = next;
        }
    }

    /** Tells whether a node's use at one position may take place where the sum is. */
    private boolean mayMove(int node, int use, int sum) {
        int next = graph.nextUse(node, use);
        return next >= sum || owner[next] == sum;
    }

    private void release(int sum) {
        int addition = sum;
        while (true) {
            int term = graph.right[addition];
            int next = graph.left[addition];
            boolean more = owner[next] == sum;
            if (owner[term] == sum) {
                owner[term] = term;
            }
            if (!more) {
                return;
            }
            owner[next] = next;
            addition = next;
        }
    }
}
