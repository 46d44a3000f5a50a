/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/** The merges of byte-pair encoding, and the merging of one piece. */
final class BytePairs {

    /** When a merge was learned, for earlier ones come first, and what its pair becomes. */
    record Merge(int rank, int token) {}

    /** A pair of neighbours that can be merged: earlier merges first, then from left to right. */
    private record Candidate(Merge merge, int left, int right, long pair)
            implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            return merge.rank != other.merge.rank
                    ? Integer.compare(merge.rank, other.merge.rank)
                    : Integer.compare(left, other.left);
        }
    }

    private final Map<Long, Merge> merges = new HashMap<>();

    /** Returns two tokens as one number. */
    static long pair(int left, int right) {
        return (long) left << Integer.SIZE | right;
    }

    /** Adds the next merge; of a pair that is there already the first counts. */
    void add(int left, int right, int token) {
        merges.putIfAbsent(pair(left, right), new Merge(merges.size(), token));
    }

    /**
     * Merges tokens of single bytes, which are overwritten, until nothing can be merged. The time
     * is n log n in the length of the piece.
     */
    int[] merge(int... tokens) {
        int[] next = new int[tokens.length];
        int[] previous = new int[tokens.length];
        PriorityQueue<Candidate> queue = new PriorityQueue<>();
        for (int i = 0; i < tokens.length; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            offer(queue, tokens, i, i + 1);
        }
        for (Candidate best = queue.poll(); best != null; best = queue.poll()) {
            int left = best.left;
            int right = best.right;
            // One of the two may have been merged with another since.
            if (tokens[left] < 0
                    || next[left] != right
                    || pair(tokens[left], tokens[right]) != best.pair) {
                continue;
            }
            tokens[left] = best.merge.token;
            tokens[right] = -1;
            next[left] = next[right];
            if (next[left] < tokens.length) {
                previous[next[left]] = left;
            }
            offer(queue, tokens, previous[left], left);
            offer(queue, tokens, left, next[left]);
        }
        return Arrays.stream(tokens).filter(token -> token >= 0).toArray();
    }

    private void offer(PriorityQueue<Candidate> queue, int[] tokens, int left, int right) {
        if (left >= 0 && right < tokens.length) {
            long pair = pair(tokens[left], tokens[right]);
            Merge merge = merges.get(pair);
            if (merge != null) {
                queue.add(new Candidate(merge, left, right, pair));
            }
        }
    }
}
