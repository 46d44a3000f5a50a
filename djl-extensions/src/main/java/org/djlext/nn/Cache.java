/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.util.PairList;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/**
 * What layers with a memory keep of sequences that grow, so that the next call reads what is new
 * alone: attention its keys and values, a recurrent network its state, a window its last
 * characters.
 *
 * <pre>{@code
 * try (Cache cache = new Cache(manager)) {
 *     NDArray logits = model.call(store, prompt, cache); // (B, T, V), of prompt (B, T)
 *     NDArray next = model.call(store, drawn, cache); // (B, 1, V), of drawn (B, 1)
 * }
 * }</pre>
 *
 * <p>The results are those of one call with the whole sequences, up to rounding. A cache is for one
 * model and for evaluation: what is in it follows neither training nor gradients.
 *
 * <p>A layer of your own takes part by {@link Layer.Pass#before}, {@link Layer.Pass#keep} and
 * {@link Layer.Pass#extend}. One that looks at single positions needs nothing.
 */
public final class Cache implements AutoCloseable {

    private static final ScriptFunction ROWS =
            TorchScript.compile(
                            """
                            def rows_of(arrays: List[Tensor], rows):
                                return [array.index_select(0, rows) for array in arrays]
                            """)
                    .function("rows_of");
    private static final String NAME = "cache";

    private final NDManager manager;
    private final Map<Layer, NDList> kept = new HashMap<>();
    private final Map<Layer, NDArray> ofParameters = new HashMap<>();
    private int length;

    /**
     * Makes an empty cache.
     *
     * @param parent a manager of the model's device, which closes the cache if nobody else does
     */
    public Cache(NDManager parent) {
        manager = parent.newSubManager();
    }

    /** {@return how many positions of each sequence have been read} */
    public int length() {
        return length;
    }

    /**
     * Takes other sequences, each of which continues one of those so far: for those that end, and
     * those that many continue.
     *
     * @param rows the place of the sequence that each of the next call continues, (rows), INT64
     */
    public void select(NDArray rows) {
        kept.replaceAll((layer, before) -> selected(before, rows));
    }

    private NDList selected(NDList before, NDArray rows) {
        NDList after = owned(ROWS.call(before, rows));
        before.close();
        return after;
    }

    /** Forgets everything. */
    public void clear() {
        kept.values().forEach(NDList::close);
        kept.clear();
        length = 0;
    }

    /** Frees what is kept. */
    @Override
    public void close() {
        manager.close();
    }

    /** Returns what a layer has kept, in arrays of their own, or nothing. */
    NDList get(Layer layer) {
        return views(kept.getOrDefault(layer, new NDList()));
    }

    /** Keeps arrays for a layer, which remain the caller's too. */
    void put(Layer layer, NDList arrays) {
        NDList before = kept.put(layer, owned(views(arrays)));
        if (before != null) {
            before.close();
        }
    }

    /** Returns what a layer has computed of its parameters, which no sequence changes. */
    NDArray once(Layer layer, Supplier<NDArray> array) {
        return ofParameters.computeIfAbsent(
                layer, key -> owned(new NDList(array.get())).singletonOrThrow());
    }

    /** Returns how many arrays its manager has. */
    int size() {
        return manager.getManagedArrays().size();
    }

    void advance(long positions) {
        length += Math.toIntExact(positions);
    }

    private static NDList views(NDList arrays) {
        return new NDList(arrays.stream().map(NDArray::stopGradient).toList());
    }

    private NDList owned(NDList arrays) {
        arrays.forEach(NDScope::unregister);
        arrays.attach(manager);
        return arrays;
    }

    /** Returns what a call of a Block hands down to its children. */
    PairList<String, Object> parameters() {
        PairList<String, Object> parameters = new PairList<>(1);
        parameters.add(NAME, this);
        return parameters;
    }

    /** Returns the cache that a call was handed, if it was. */
    static @Nullable Cache of(@Nullable PairList<String, Object> parameters) {
        return parameters != null && parameters.get(NAME) instanceof Cache cache ? cache : null;
    }
}
