/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.loss.Loss;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.autograd.Checkpoint;
import org.djlext.makemore.gpt.GptConfig.Structure;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.nn.Embedding;
import org.djlext.nn.Layer;
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
public final class Gpt extends Layer {

    private final GptConfig config;
    private final Products products;
    private final boolean checkpointing;
    private final Loss loss = newLoss();
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
        this(config, false, false);
    }

    /**
     * Makes a model without values.
     *
     * @param config its sizes and parts
     * @param bfloat16 whether products are computed in bfloat16, with weights and gradients in
     *     float32; the engine differentiates them
     * @param checkpointing whether blocks keep only their input for backward and compute the rest
     *     again
     */
    public Gpt(GptConfig config, boolean bfloat16, boolean checkpointing) {
        this.config = config;
        this.checkpointing = checkpointing;
        products = new Products(bfloat16);
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
        body = body();
        norm = config.finalNorm() ? addChildBlock("ln_f", new LayerNorm(channels)) : null;
        head =
                bigram
                        ? null
                        : addChildBlock(
                                "lm_head", Linear.pyTorch(channels, config.vocabSize(), true));
    }

    private List<? extends Block> body() {
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
            case HEADS -> {
                Layer heads = addChildBlock("sa_heads", new MultiHeadAttention(config, products));
                yield config.feedForward() == 0
                        ? List.of(heads)
                        : List.of(heads, addChildBlock("ffwd", new FeedForward(config, products)));
            }
            case BLOCKS ->
                    addChildBlock(
                                    "blocks",
                                    new Sequential(
                                            IntStream.range(0, config.layers())
                                                    .mapToObj(i -> new GptBlock(config, products))
                                                    .toList()))
                            .layers();
        };
    }

    /**
     * Returns the sizes and parts.
     *
     * @return what the model was made of
     */
    public GptConfig config() {
        return config;
    }

    /**
     * Gives the parameters their initial values, PyTorch's: drawn from the engine's generator,
     * standard normal in the tables, uniform in the linear layers.
     *
     * @param manager the manager of the parameters, which decides on the device
     * @param type their type, usually FLOAT32
     */
    public void initialize(NDManager manager, DataType type) {
        initialize(manager, type, new Shape(1, config.blockSize()));
    }

    /**
     * Returns the number of trained numbers.
     *
     * @return the count
     */
    public long parameterCount() {
        return ParameterNames.trained(this).values().stream()
                .mapToLong(parameter -> parameter.getShape().size())
                .sum();
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        check(x);
        NDArray y =
                positions == null
                        ? pass.run(tokens, x)
                        : pass.run(tokens, x).add(pass.run(positions, positionsOf(x)));
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

    private static NDArray positionsOf(NDArray x) {
        int steps = (int) x.getShape().get(1);
        return x.getManager().arange(0, steps, 1, DataType.INT64, x.getDevice()); // (T)
    }

    private void check(NDArray x) {
        Shape shape = x.getShape();
        if (shape.dimension() != 2 || shape.get(1) > config.blockSize()) {
            throw new IllegalArgumentException(
                    "a GPT takes indices of shape (B, T) with T at most its block size "
                            + config.blockSize()
                            + ", but got "
                            + shape
                            + "; leave out the oldest characters");
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

    /**
     * Makes the loss that it is trained with.
     *
     * @return the mean cross entropy over all positions
     */
    public static Loss newLoss() {
        return CrossEntropyLoss.builder().optName("CrossEntropy").build();
    }

    /**
     * Computes the mean cross entropy of logits.
     *
     * @param logits what the model returned, (B, T, V)
     * @param targets the characters that follow, (B, T), INT64
     * @return a scalar
     */
    public NDArray loss(NDArray logits, NDArray targets) {
        return loss.evaluate(new NDList(targets), new NDList(logits));
    }

    @Override
    protected Shape outputShape(Shape input) {
        return input.add(config.vocabSize());
    }

    /** Returns the structure, and the number of parameters if they have values. */
    @Override
    public String toString() {
        return isInitialized() ? "GPT with " + parameterCount() + " parameters" : "GPT";
    }
}
