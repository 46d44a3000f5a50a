/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.autograd.Checkpoint;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.GptConfig.Structure;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.nn.Embedding;
import org.djlext.nn.LayerNorm;
import org.djlext.nn.Linear;
import org.djlext.nn.ParameterNames;
import org.djlext.nn.Sequential;
import org.jspecify.annotations.Nullable;

/**
 * The language model of lecture 7, in each of its stages.
 *
 * <p>Input: numbers of characters, (B, T) and INT64, with T at most the block size. Output: logits
 * for the character that follows each position, (B, T, V).
 */
public final class Gpt extends LanguageModel {

    private final Products products;
    private final boolean checkpointing;
    private final Embedding tokens;
    private final @Nullable Embedding positions;
    private final List<? extends Block> body;
    private final @Nullable LayerNorm norm;
    private final @Nullable Linear head;

    /**
     * Makes a model without values; they come when it is initialized or loaded.
     *
     * @param config its sizes and parts
     */
    public Gpt(GptConfig config) {
        super(config);
        checkpointing = config.checkpointing();
        products = new Products(config.bfloat16());
        long channels = config.embedding();
        boolean bigram = config.structure() == Structure.BIGRAM;
        tokens =
                addChildBlock(
                        "token_embedding_table",
                        new Embedding(config.vocabSize(), bigram ? config.vocabSize() : channels));
        positions =
                bigram
                        ? null
                        : addChildBlock(
                                "position_embedding_table",
                                new Embedding(config.blockSize(), channels));
        body = body(config);
        norm =
                config.has(Structure.LAYER_NORM)
                        ? addChildBlock("ln_f", new LayerNorm(channels))
                        : null;
        head =
                bigram
                        ? null
                        : addChildBlock(
                                "lm_head", Linear.pyTorch(channels, config.vocabSize(), true));
    }

    private List<? extends Block> body(GptConfig config) {
        return switch (config.structure()) {
            case BIGRAM, EMBEDDING -> List.of();
            case HEAD ->
                    List.of(
                            addChildBlock(
                                    "sa_head",
                                    new Head(
                                            products,
                                            config.embedding(),
                                            config.embedding(),
                                            config.dropout())));
            case HEADS ->
                    List.of(addChildBlock("sa_heads", new MultiHeadAttention(config, products)));
            case FEED_FORWARD ->
                    List.of(
                            addChildBlock("sa_heads", new MultiHeadAttention(config, products)),
                            addChildBlock("ffwd", new FeedForward(config, products)));
            default ->
                    addChildBlock(
                                    "blocks",
                                    new Sequential(
                                            IntStream.range(0, config.layers())
                                                    .mapToObj(i -> new GptBlock(config, products))
                                                    .toList()))
                            .layers();
        };
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        check(x, pass);
        NDArray y =
                positions == null
                        ? pass.run(tokens, x)
                        : pass.run(tokens, x).add(pass.run(positions, pass.positions(x)));
        for (Block layer : body) {
            y =
                    checkpointing && pass.training()
                            ? checkpointed(layer, y, pass)
                            : pass.run(layer, y); // (B, T, C)
        }
        if (norm != null) {
            y = pass.run(norm, y);
        }
        return head == null ? y : products.linear(head, y, pass);
    }

    private void check(NDArray x, Pass pass) {
        Shape shape = x.getShape();
        long before = shape.dimension() == 2 ? pass.length(x) - shape.get(1) : 0;
        if (shape.dimension() != 2 || pass.length(x) > config().blockSize()) {
            throw new IllegalArgumentException(
                    ("a GPT takes indices of shape (B, T) with T at most its block size %s, but got"
                                    + " %s%s; leave out the oldest characters")
                            .formatted(
                                    config().blockSize(),
                                    shape,
                                    before == 0 ? "" : " after " + before));
        }
    }

    private static NDArray checkpointed(Block block, NDArray x, Pass pass) {
        NDList captured = new NDList();
        for (Parameter parameter : ParameterNames.trained(block).values()) {
            captured.add(pass.value(parameter));
        }
        return Checkpoint.apply(
                        inputs -> block.forward(pass.store(), inputs, true),
                        new NDList(x),
                        captured)
                .singletonOrThrow();
    }
}
