/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.autograd.AutogradFunction;
import org.djlext.nn.Embedding;
import org.djlext.nn.Layer;
import org.djlext.nn.Linear;

/**
 * A state that is carried from character to character: vectors of the characters, a cell, a linear
 * layer from each state to logits. The state before the first character is learned.
 */
abstract class RecurrentModel extends LanguageModel {

    private final Parameter start;
    private final Embedding wte;
    private final Cell cell;
    private final Linear lmHead;

    RecurrentModel(ModelConfig config, Cell cell) {
        super(config);
        start = addParameter("start", Parameter.Type.OTHER, Initializer.ZEROS, 1, cell.hidden);
        wte = addChildBlock("wte", new Embedding(config.vocabSize(), cell.vector));
        this.cell = addChildBlock("cell", cell);
        lmHead = addChildBlock("lm_head", Linear.pyTorch(cell.hidden, config.vocabSize(), true));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        Shape shape = x.getShape(); // (B, T)
        NDArray vectors = pass.run(wte, x.transpose()); // (T, B, C), so that a step is in one piece
        NDList before = pass.before(this);
        NDArray start = before.isEmpty() ? start(shape.get(0), pass) : before.get(0); // (B, H)
        NDArray states = cell.states(vectors, start, pass); // (T, B, H)
        pass.keep(this, () -> states.get(shape.get(1) - 1));
        return pass.run(lmHead, states).swapAxes(0, 1); // (B, T, V)
    }

    /** The states before the first character, (B, H). */
    private NDArray start(long batch, Pass pass) {
        return pass.here(pass.value(start).broadcast(batch, cell.hidden));
    }

    /**
     * What makes a state of a character's vector and the state before: linear layers from both,
     * side by side, to something of the size of a state, and a function of their parameters.
     */
    static final class Cell extends Layer {

        private final AutogradFunction function;
        private final int vector;
        private final int hidden;
        private final Map<String, Linear> layers = new LinkedHashMap<>();
        private final List<String> order;

        /**
         * Makes a cell.
         *
         * @param vector the length of a character's vector
         * @param hidden the size of a state
         * @param function takes vectors (T, B, C), the states before (B, H), and weight and bias of
         *     each layer; returns the states (T, B, H)
         * @param names the layers, in the order in which PyTorch draws them
         * @param order the layers, in the order in which the function takes them
         */
        Cell(
                int vector,
                int hidden,
                AutogradFunction function,
                List<String> names,
                List<String> order) {
            this.function = function;
            this.order = order;
            this.vector = vector;
            this.hidden = hidden;
            for (String name : names) {
                Linear layer = Linear.pyTorch((long) vector + hidden, hidden, true);
                layers.put(name, addChildBlock(name, layer));
            }
        }

        NDArray states(NDArray vectors, NDArray before, Pass pass) {
            NDList inputs = new NDList(vectors, before);
            for (String name : order) {
                Linear layer = Objects.requireNonNull(layers.get(name));
                inputs.add(layer.weight(pass));
                inputs.add(layer.bias(pass));
            }
            return function.apply(inputs).singletonOrThrow();
        }

        /** Takes vector and state side by side, (B, C + H), to the next state, (B, H). */
        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            NDList parts = x.split(new long[] {vector}, 1);
            return states(parts.get(0).expandDims(0), parts.get(1), pass).squeeze(0);
        }

        @Override
        protected Shape outputShape(Shape input) {
            return withLast(input, hidden);
        }
    }
}
