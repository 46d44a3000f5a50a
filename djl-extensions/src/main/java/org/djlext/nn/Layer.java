/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A Block from one array to one array, the lectures' {@code Module}.
 *
 * <p>Parameters are created with their shapes and get their values when the block is initialized:
 * first a block's own, in the order in which they were added, then those of its children. This is
 * the order in which the lectures draw them, so with the engine seeded alike the values are alike.
 */
public abstract class Layer extends CheckedBlock {

    /** Creates a layer without parameters or children. */
    protected Layer() {}

    /**
     * Computes the output.
     *
     * @param x the input
     * @param pass gives the values of parameters and the outputs of children
     * @return the output
     */
    protected abstract NDArray compute(NDArray x, Pass pass);

    /**
     * One forward pass.
     *
     * @param store the values of the parameters
     * @param input the input, whose device is that of the values
     * @param training whether the block is being trained, and not evaluated
     * @param cache what was kept of the positions before those of the input; null where the input
     *     is the whole sequence
     */
    public record Pass(
            ParameterStore store, NDArray input, boolean training, @Nullable Cache cache) {

        /**
         * {@return the values of a parameter}
         *
         * @param parameter the parameter
         */
        public NDArray value(Parameter parameter) {
            return store.getValue(parameter, input.getDevice(), training);
        }

        /**
         * Puts an array that was computed from parameters alone into the manager of the input.
         * Without that it would belong to the model's, and live as long as the model.
         *
         * @param array the array
         * @return the array
         */
        public NDArray here(NDArray array) {
            array.attach(input.getManager());
            return array;
        }

        /**
         * Runs a child.
         *
         * @param child the child
         * @param x its input
         * @return its output
         * @throws IllegalArgumentException if there is a cache, which the child would not hand on
         */
        public NDArray run(Block child, NDArray x) {
            if (cache == null) {
                return child.forward(store, new NDList(x), training).singletonOrThrow();
            }
            if (!(child instanceof CheckedBlock) && !child.getChildren().isEmpty()) {
                throw new IllegalArgumentException(
                        "a cache must reach every layer, but a "
                                + child.getClass().getSimpleName()
                                + " does not hand it on to the blocks inside; use nn.Sequential");
            }
            return child.forward(store, new NDList(x), training, cache.parameters())
                    .singletonOrThrow();
        }

        /**
         * {@return the places of the input's positions in their sequences, (T), INT64: from 0, or
         * from the number of positions that the cache has}
         *
         * @param x the input, (B, T) or (B, T, ..)
         */
        public NDArray positions(NDArray x) {
            int from = cache == null ? 0 : cache.knownLength();
            int to = from + Math.toIntExact(x.getShape().get(1));
            NDArray known = x.getManager().arange(from, to, 1, DataType.INT64, x.getDevice());
            return cache == null ? known : cache.positions(known);
        }

        /**
         * {@return the length of the sequences with those of the input, T or more} While {@link
         * Cache#step} is computed, the length before is an array, and this is T; then a position
         * that is too large is noticed by the engine.
         *
         * @param x the input, (B, T) or (B, T, ..)
         */
        public long length(NDArray x) {
            return x.getShape().get(1) + (cache == null ? 0 : cache.knownLength());
        }

        /**
         * Returns what a layer has kept of the positions before.
         *
         * @param layer the layer
         * @return the array of its last {@link #keep}, or those of {@link #extend}; none at the
         *     start of the sequences, and where there is no cache
         */
        public NDList before(Layer layer) {
            NDList before = cache == null ? new NDList() : cache.get(layer);
            before.attach(input.getManager());
            return before;
        }

        /**
         * Keeps an array for the positions that follow; does nothing where there is no cache.
         *
         * @param layer the layer that keeps it, in place of what it kept before
         * @param array what it needs, with a row for each sequence
         */
        public void keep(Layer layer, Supplier<NDArray> array) {
            if (cache != null) {
                cache.put(layer, array.get());
            }
        }

        /**
         * Computes something of parameters alone, with a cache only once.
         *
         * @param layer the layer
         * @param array what to compute
         * @return the array
         */
        public NDArray once(Layer layer, Supplier<NDArray> array) {
            return cache == null ? here(array.get()) : cache.once(layer, array);
        }

        /**
         * Keeps arrays of each position, and returns them with those of the positions before.
         *
         * @param layer the layer
         * @param arrays of the input's positions, with a row for each sequence
         * @param axis the axis of the positions
         * @return the arrays themselves where there was nothing before; else those of all positions
         *     so far, followed by zeros for some that are still to come: what is computed for one
         *     of the {@link #positions} takes no later ones into account
         */
        public NDList extend(Layer layer, NDList arrays, int axis) {
            return cache == null ? arrays : cache.extend(layer, arrays, axis, positions(input));
        }
    }

    /**
     * Adds a parameter that is trained.
     *
     * @param name its name, which is that of PyTorch's
     * @param type its type; weight decay goes by it
     * @param initializer where its values come from
     * @param sizes its shape
     * @return the parameter
     */
    protected final Parameter addParameter(
            String name, Parameter.Type type, Initializer initializer, long... sizes) {
        return addParameter(
                Parameter.builder()
                        .setName(name)
                        .setType(type)
                        .optInitializer(initializer)
                        .optShape(new Shape(sizes))
                        .build());
    }

    /**
     * Computes the output of the block alone, as the lectures call a module.
     *
     * @param store the values of the parameters
     * @param x the input
     * @param training whether the block is being trained
     * @return the output
     */
    public final NDArray call(ParameterStore store, NDArray x, boolean training) {
        return forward(store, new NDList(x), training).singletonOrThrow();
    }

    /**
     * Computes the output for positions that follow those of earlier calls, in an evaluation.
     *
     * @param store the values of the parameters
     * @param x what is new of each sequence, (B, T) or (B, T, ..)
     * @param cache what was kept of the positions before; what is needed of these is added to it
     * @return the output for the new positions
     */
    public final NDArray call(ParameterStore store, NDArray x, Cache cache) {
        NDArray y = forward(store, new NDList(x), false, cache.parameters()).singletonOrThrow();
        cache.advance(x.getShape().get(1));
        return y;
    }

    @Override
    protected final NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            @Nullable PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow();
        return new NDList(compute(x, new Pass(store, x, training, Cache.of(params))));
    }

    /** Initializes the children. Layers know their sizes, so the shape of the input is enough. */
    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        getChildren().values().forEach(c -> c.initialize(manager, dataType, inputShapes));
    }

    /**
     * {@return the shape of the output; by default that of the input}
     *
     * @param input the shape of the input
     */
    protected Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {outputShape(inputShapes[0])};
    }

    /**
     * {@return a shape with another last axis}
     *
     * @param shape the shape
     * @param last the size of the last axis
     */
    protected static Shape withLast(Shape shape, long last) {
        return shape.slice(0, shape.dimension() - 1).add(last);
    }

    /** Returns what the layer is called, as the lectures print it. */
    @Override
    public String toString() {
        return kind();
    }
}
