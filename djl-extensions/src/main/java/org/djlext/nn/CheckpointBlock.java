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
import ai.djl.nn.SequentialBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.List;
import org.djlext.autograd.Checkpoint;

/**
 * A Block that keeps nothing of another one for backward but its inputs; see {@link Checkpoint}.
 *
 * <p>The other block's parameters are this one's, under the same names behind its prefix; outside
 * training it is the other block and nothing more.
 */
public final class CheckpointBlock extends CheckedBlock {

    private final Block block;

    /**
     * Wraps a block.
     *
     * @param block the block; its results must depend on inputs, parameters and random numbers
     *     alone
     */
    public CheckpointBlock(Block block) {
        this.block = addChildBlock("checkpointed", block);
    }

    /**
     * Chains blocks in segments, each of which is checkpointed.
     *
     * @param blocks the blocks, in order
     * @param segments how many segments; near the root of the number of blocks memory is least
     * @return the chain
     */
    public static SequentialBlock sequential(List<Block> blocks, int segments) {
        if (segments < 1 || segments > blocks.size()) {
            throw new IllegalArgumentException(
                    "%s blocks make from 1 to %s segments, but %s were asked for"
                            .formatted(blocks.size(), blocks.size(), segments));
        }
        SequentialBlock chain = new SequentialBlock();
        int from = 0;
        for (int s = 0; s < segments; s++) {
            int to = (int) ((long) blocks.size() * (s + 1) / segments);
            SequentialBlock segment = new SequentialBlock();
            blocks.subList(from, to).forEach(segment::add);
            chain.add(new CheckpointBlock(segment));
            from = to;
        }
        return chain;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        if (!training) {
            return block.forward(parameterStore, inputs, false, params);
        }
        NDList parameters = new NDList();
        for (Parameter parameter : block.getParameters().values()) {
            NDArray array = parameterStore.getValue(parameter, inputs.get(0).getDevice(), true);
            if (parameter.requiresGradient()) {
                parameters.add(array);
            }
        }
        return Checkpoint.apply(
                in -> block.forward(parameterStore, in, true, params), inputs, parameters);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return block.getOutputShapes(inputShapes);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        block.initialize(manager, dataType, inputShapes);
    }
}
