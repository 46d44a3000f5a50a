/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Learns the merges of byte-pair encoding: again and again the pair that is most frequent within
 * the pieces of a text becomes a token. Among pairs that are equally frequent it is the one of the
 * lower numbers, as in Hugging Face's trainer.
 *
 * @see <a href="https://arxiv.org/abs/1508.07909">Sennrich, Haddow and Birch, 2016</a>
 */
final class BytePairTraining {

    /** A piece that occurs in the text, as tokens. */
    private static final class Piece {
        private int[] tokens;
        private final long count;

        Piece(int[] tokens, long count) {
            this.tokens = tokens;
            this.count = count;
        }
    }

    /** What a pair counted when it was put into the queue. */
    private record Entry(long pair, long count) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            return count != other.count
                    ? Long.compare(other.count, count)
                    : Long.compare(pair, other.pair);
        }
    }

    private final List<Piece> pieces = new ArrayList<>();
    private final Map<Long, Long> counts = new HashMap<>();
    private final Map<Long, Set<Piece>> places = new HashMap<>();
    private final PriorityQueue<Entry> queue = new PriorityQueue<>();

    private BytePairTraining(String text, int... tokenOfByte) {
        Map<String, Long> found = new LinkedHashMap<>();
        TextPieces.split(text, piece -> found.merge(piece, 1L, Long::sum));
        found.forEach(
                (piece, count) ->
                        pieces.add(new Piece(TextPieces.tokens(piece, tokenOfByte), count)));
        pieces.forEach(piece -> count(piece, 1));
        counts.forEach((pair, count) -> queue.add(new Entry(pair, count)));
    }

    /**
     * Learns so many merges, or fewer if no pair is left that occurs twice. Tokens below 256 are
     * bytes; the pair of index i becomes the token 256 + i.
     */
    static List<int[]> learn(String text, int merges, int... tokenOfByte) {
        BytePairTraining training = new BytePairTraining(text, tokenOfByte);
        List<int[]> learned = new ArrayList<>();
        while (learned.size() < merges && training.step(learned)) {
            // each step adds one
        }
        return learned;
    }

    private boolean step(List<int[]> learned) {
        for (Entry best = queue.poll(); best != null; best = queue.poll()) {
            long count = counts.getOrDefault(best.pair, 0L);
            if (count != best.count) {
                continue; // what it counts now is in the queue too
            }
            if (count < 2) {
                return false;
            }
            int left = (int) (best.pair >> Integer.SIZE);
            int right = (int) best.pair;
            merge(best.pair, left, right, ByteCharacters.COUNT + learned.size());
            learned.add(new int[] {left, right});
            return true;
        }
        return false;
    }

    private void merge(long pair, int left, int right, int token) {
        Set<Long> changed = new HashSet<>();
        for (Piece piece : List.copyOf(places.getOrDefault(pair, Set.of()))) {
            changed.addAll(count(piece, -1));
            piece.tokens = merged(piece.tokens, left, right, token);
            changed.addAll(count(piece, 1));
        }
        changed.forEach(other -> queue.add(new Entry(other, counts.getOrDefault(other, 0L))));
    }

    /** Adds a piece's pairs to the counts, or takes them out, and returns them. */
    private Set<Long> count(Piece piece, int sign) {
        Set<Long> pairs = new HashSet<>();
        for (int i = 1; i < piece.tokens.length; i++) {
            long pair = BytePairs.pair(piece.tokens[i - 1], piece.tokens[i]);
            counts.merge(pair, sign * piece.count, Long::sum);
            pairs.add(pair);
        }
        for (long pair : pairs) {
            Set<Piece> those = places.computeIfAbsent(pair, p -> new HashSet<>());
            if (sign > 0) {
                those.add(piece);
            } else {
                those.remove(piece);
            }
        }
        return pairs;
    }

    private static int[] merged(int[] tokens, int left, int right, int token) {
        int[] merged = new int[tokens.length];
        int length = 0;
        for (int i = 0; i < tokens.length; i++) {
            boolean both = tokens[i] == left && i + 1 < tokens.length && tokens[i + 1] == right;
            merged[length++] = both ? token : tokens[i];
            i += both ? 1 : 0;
        }
        return Arrays.copyOf(merged, length);
    }
}
