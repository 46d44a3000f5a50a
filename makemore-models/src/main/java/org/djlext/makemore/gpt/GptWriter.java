/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.MalformedModelException;
import ai.djl.inference.streaming.StreamingBlock;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * A GPT as a Block that goes on with a text, all at once or character by character as DJL's
 * streaming predict asks for them. Its parameter file is that of the GPT.
 *
 * <p>Input: the numbers of the prompt, (n), INT64. Output: those of the characters that follow,
 * (length), or one after the other, (1).
 */
public final class GptWriter extends AbstractBlock implements StreamingBlock {

    private static final byte VERSION = 1;

    private final Gpt model;
    private final int length;
    private final GenerationSettings settings;

    /**
     * Makes the block.
     *
     * @param model the model
     * @param length how many characters to draw
     * @param settings how they are drawn
     */
    public GptWriter(Gpt model, int length, GenerationSettings settings) {
        super(VERSION);
        this.model = addChildBlock("gpt", model);
        this.length = length;
        this.settings = settings;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDManager manager = inputs.singletonOrThrow().getManager();
        long[] tokens = new long[length];
        try (TextGenerator generator = generator(inputs)) {
            for (int i = 0; i < length; i++) {
                tokens[i] = generator.nextLong();
            }
        }
        return new NDList(manager.create(tokens));
    }

    private TextGenerator generator(NDList inputs) {
        long[] prompt = inputs.singletonOrThrow().toLongArray();
        return new TextGenerator(inputs.getManager(), model, prompt, settings);
    }

    @Override
    public Iterator<NDList> forwardStreamIter(
            ParameterStore store,
            NDList inputs,
            boolean training,
            @Nullable PairList<String, Object> params) {
        NDManager manager = inputs.singletonOrThrow().getManager();
        TextGenerator generator = generator(inputs);
        return new Iterator<>() {
            private int drawn;

            @Override
            public boolean hasNext() {
                return drawn < length;
            }

            @Override
            public NDList next() {
                if (!hasNext()) {
                    throw new java.util.NoSuchElementException(
                            length + " characters were asked for, and they are all drawn");
                }
                drawn++;
                NDList token = new NDList(manager.create(new long[] {generator.nextLong()}));
                if (!hasNext()) {
                    generator.close();
                }
                return token;
            }
        };
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        model.initialize(manager, dataType);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {new Shape(length)};
    }

    @Override
    public boolean isInitialized() {
        return model.isInitialized();
    }

    @Override
    public PairList<String, Shape> describeInput() {
        return model.describeInput();
    }

    @Override
    public void saveParameters(DataOutputStream os) throws IOException {
        model.saveParameters(os);
    }

    @Override
    public void loadParameters(NDManager manager, DataInputStream is)
            throws IOException, MalformedModelException {
        model.loadParameters(manager, is);
    }
}
