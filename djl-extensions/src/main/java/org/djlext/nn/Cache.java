/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.djlext.autograd.EngineFunction;
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
    private static final long FEWEST = 16; // positions that there is room for

    // What a layer keeps; in arrays with room for more along an axis, or of their own shape (-1).
    private record Kept(NDList arrays, int axis) {}

    private final NDManager manager;
    private final Map<Layer, Kept> kept = new LinkedHashMap<>();
    private final Map<Layer, NDArray> ofParameters = new LinkedHashMap<>();
    private final long room;
    private final @Nullable NDArray lengthArray; // (1), in a function of arrays alone
    private int length;

    /**
     * Makes an empty cache.
     *
     * @param parent a manager of the model's device, which closes the cache if nobody else does
     */
    public Cache(NDManager parent) {
        this(parent, FEWEST);
    }

    /**
     * Makes an empty cache with room for some positions, so that its arrays keep their shapes until
     * there are more. Without that there is room for {@value #FEWEST}, and then for twice as many.
     *
     * @param parent a manager of the model's device, which closes the cache if nobody else does
     * @param room for how many positions there is room at first
     */
    public Cache(NDManager parent, long room) {
        manager = parent.newSubManager();
        this.room = room;
        lengthArray = null;
    }

    private Cache(Cache real, NDArray length) {
        manager = real.manager;
        room = real.room;
        lengthArray = length;
    }

    /**
     * {@return how many positions of each sequence have been read}
     *
     * @throws IllegalStateException in {@link #step}, where it is an array
     */
    public int length() {
        if (lengthArray != null) {
            throw new IllegalStateException(
                    "how many positions a cache has is an array while a step is computed of arrays"
                            + " alone; compute with Pass.positions");
        }
        return length;
    }

    /** Returns how many positions were read; 0 if that is an array. */
    int knownLength() {
        return lengthArray == null ? length : 0;
    }

    /**
     * Computes what a layer does with this cache as a function of arrays alone, which can be
     * compiled. This cache says which layers keep what, so it must have been used before.
     *
     * @param layer the layer
     * @param store the values of its parameters
     * @param inputs those that {@link #call(NDArray, UnaryOperator)} gives: the input, how many
     *     positions were read before, (1) and INT64, and what is kept
     * @return the output, and what is kept then of the sequences
     */
    public NDList step(Layer layer, ParameterStore store, NDList inputs) {
        Cache other = new Cache(this, inputs.get(1));
        int place = 2;
        for (Map.Entry<Layer, Kept> entry : kept.entrySet()) {
            int end = place + entry.getValue().arrays.size();
            NDList given = new NDList(inputs.subList(place, end));
            other.kept.put(entry.getKey(), new Kept(given, entry.getValue().axis));
            place = end;
        }
        for (Layer each : ofParameters.keySet()) {
            other.ofParameters.put(each, inputs.get(place++));
        }
        NDList outputs = layer.forward(store, new NDList(inputs.head()), false, other.parameters());
        other.kept.values().forEach(each -> outputs.addAll(each.arrays));
        return outputs;
    }

    /**
     * Reads on by a function that does what {@link #step} does.
     *
     * @param x what is new of each sequence, (B, T) or (B, T, ..); there must be {@link #hasRoom}
     * @param step the function
     * @return the output for the new positions
     */
    public NDArray call(NDArray x, UnaryOperator<NDList> step) {
        NDList inputs = new NDList(x, x.getManager().create(new long[] {length}));
        kept.values().forEach(each -> inputs.addAll(each.arrays));
        inputs.addAll(ofParameters.values());
        NDList outputs = step.apply(inputs);
        int place = 1;
        for (Map.Entry<Layer, Kept> entry : kept.entrySet()) {
            Kept before = entry.getValue();
            int end = place + before.arrays.size();
            NDList after = owned(new NDList(outputs.subList(place, end)));
            entry.setValue(new Kept(after, before.axis));
            before.arrays.close();
            place = end;
        }
        advance(x.getShape().get(1));
        return outputs.head();
    }

    /**
     * Tells whether positions can be added without larger arrays, which a step of arrays alone
     * cannot make.
     *
     * @param positions how many
     * @return whether the cache was used before and has room for them
     */
    public boolean hasRoom(long positions) {
        return !kept.isEmpty()
                && kept.values().stream()
                        .allMatch(
                                each ->
                                        each.axis < 0
                                                || each.arrays.head().getShape().get(each.axis)
                                                        >= length + positions);
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

    private Kept selected(Kept before, NDArray rows) {
        NDList after = owned(ROWS.call(before.arrays, rows));
        before.arrays.close();
        return new Kept(after, before.axis);
    }

    /** Forgets everything. */
    public void clear() {
        kept.values().forEach(each -> each.arrays.close());
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
        Kept its = kept.get(layer);
        return its == null ? new NDList() : views(its.arrays);
    }

    /** Keeps an array for a layer, which remains the caller's too. */
    void put(Layer layer, NDArray array) {
        put(layer, new NDList(array), -1);
    }

    private void put(Layer layer, NDList arrays, int axis) {
        Kept before = kept.put(layer, new Kept(owned(views(arrays)), axis));
        if (before != null) {
            before.arrays.close();
        }
    }

    /**
     * Adds arrays of the next positions to those that a layer has kept.
     *
     * @return of all positions so far, and then of positions that are still to come, all zeros; the
     *     arrays themselves if there were none before
     */
    NDList extend(Layer layer, NDList arrays, int axis, NDArray positions) {
        Kept before = kept.get(layer);
        long places = before == null ? room : before.arrays.head().getShape().get(axis);
        while (lengthArray == null && places < length + positions.size()) {
            places *= 2;
        }
        NDList all = new NDList();
        for (int i = 0; i < arrays.size(); i++) {
            NDArray array = arrays.get(i);
            NDArray old = before == null ? null : before.arrays.get(i);
            NDArray longer = withRoom(array, old, axis, places);
            longer.attach(array.getManager());
            all.add(EngineFunction.callForArray("index_copy", longer, axis, positions, array));
        }
        put(layer, all, axis);
        return before == null ? arrays : all;
    }

    // Returns what was kept, in an array with so many places.
    private static NDArray withRoom(NDArray array, @Nullable NDArray old, int axis, long places) {
        long before = old == null ? 0 : old.getShape().get(axis);
        if (old != null && before == places) {
            return old.stopGradient();
        }
        long[] sizes = array.getShape().getShape().clone();
        sizes[axis] = places - before;
        NDArray more =
                array.getManager().zeros(new Shape(sizes), array.getDataType(), array.getDevice());
        return old == null ? more : NDArrays.concat(new NDList(old, more), axis);
    }

    /** Returns the places of positions that were counted from the {@link #knownLength}. */
    NDArray positions(NDArray known) {
        return lengthArray == null ? known : lengthArray.add(known);
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

    /** Notes that positions were read. */
    void advance(long positions) {
        length += Math.toIntExact(positions);
    }

    private static NDList views(NDList arrays) {
        return new NDList(arrays.stream().map(NDArray::stopGradient).toList());
    }

    private NDList owned(NDList arrays) {
        if (lengthArray != null) {
            return arrays;
        }
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
