/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import org.djlext.makemore.layer.Embedding;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Linear;

/**
 * A state that is carried from character to character: vectors of the characters, a cell, a linear
 * layer from each state to logits. The state before the first character is learned.
 */
abstract class RecurrentModel extends LanguageModel {

    private final Parameter start;
    private final Embedding wte;
    private final Cell cell;
    private final Linear lmHead;

    RecurrentModel(ModelConfig config, Gradients gradients, Cell cell) {
        super(config, gradients);
        start = addParameter("start", Parameter.Type.OTHER, Initializer.ZEROS, 1, config.hidden());
        wte =
                addChildBlock(
                        "wte", new Embedding(gradients, config.vocabSize(), config.embedding()));
        this.cell = addChildBlock("cell", cell);
        lmHead =
                addChildBlock(
                        "lm_head",
                        Linear.pyTorch(gradients, config.hidden(), config.vocabSize(), true));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        Shape shape = x.getShape(); // (B, T)
        NDArray vectors = pass.run(wte, x.transpose()); // (T, B, C), so that a step is in one piece
        NDArray h = start(shape.get(0), pass);
        NDList states = new NDList((int) shape.get(1));
        for (int t = 0; t < shape.get(1); t++) {
            h = cell.next(vectors.get(t), h, pass);
            states.add(h);
        }
        return pass.run(lmHead, NDArrays.stack(states, 1)); // (B, T, V)
    }

    /** Keeps the hidden state, (B, H). */
    @Override
    public Next next(NDArray x, int position, NDList state, Pass pass) {
        NDArray before = position == 0 ? start(x.getShape().get(0), pass) : state.get(0);
        NDArray h = cell.next(pass.run(wte, x), before, pass);
        return new Next(pass.run(lmHead, h), new NDList(h));
    }

    /** The states before the first character, (B, H). */
    private NDArray start(long batch, Pass pass) {
        return pass.here(pass.value(start).broadcast(batch, config().hidden()));
    }

    /** What makes a state of a character's vector and the state before. */
    abstract static class Cell extends Layer {

        private final int vector;
        private final int hidden;

        Cell(ModelConfig config) {
            vector = config.embedding();
            hidden = config.hidden();
        }

        final int inputs() {
            return vector + hidden;
        }

        /** Adds a linear layer from vector and state to something of the size of a state. */
        final Layer addInput(String name, Gradients gradients) {
            return addChildBlock(name, Linear.pyTorch(gradients, inputs(), hidden, true));
        }

        /**
         * Computes the next state.
         *
         * @param xt the vectors of the characters at a position, (B, C)
         * @param h the states before, (B, H)
         * @param pass the forward pass
         * @return the states, (B, H)
         */
        abstract NDArray next(NDArray xt, NDArray h, Pass pass);

        /** Takes vector and state side by side, (B, C + H). */
        @Override
        protected final NDArray compute(NDArray x, Pass pass) {
            NDList parts = x.split(new long[] {vector}, 1);
            return next(parts.get(0), parts.get(1), pass);
        }

        @Override
        protected final Shape outputShape(Shape input) {
            return withLast(input, hidden);
        }
    }
}
