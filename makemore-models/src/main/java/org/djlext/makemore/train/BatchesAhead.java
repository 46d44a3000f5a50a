/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.training.dataset.Batch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batches of which those to come can be seen. */
final class BatchesAhead implements Iterator<Batch> {

    private final Iterator<Batch> source;
    private final Deque<Batch> seen = new ArrayDeque<>();
    private @Nullable Batch current;

    BatchesAhead(Iterator<Batch> source) {
        this.source = source;
    }

    @Override
    public boolean hasNext() {
        return !seen.isEmpty() || source.hasNext();
    }

    @Override
    public Batch next() {
        Batch next = seen.isEmpty() ? source.next() : seen.remove();
        current = next;
        return next;
    }

    /**
     * Returns the batches that follow the current one and have its shape.
     *
     * @param x the inputs of the current batch; if they are others there is nothing ahead
     * @param most how many at the most
     */
    List<Batch> ahead(NDArray x, int most) {
        List<Batch> ahead = new ArrayList<>();
        if (current == null || current.getData().get(0) != x) {
            return ahead;
        }
        while (seen.size() < most && source.hasNext()) {
            seen.add(source.next());
        }
        for (Batch batch : seen) {
            if (!batch.getData().get(0).getShape().equals(x.getShape())) {
                break;
            }
            ahead.add(batch);
        }
        return ahead;
    }
}
