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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.autograd.Checkpoint;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedPositions;
import org.djlext.makemore.gpt.GptConfig.Structure;
import org.djlext.makemore.layer.Embedding;
import org.djlext.makemore.layer.FusableBlock;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.LayerNorm;
import org.djlext.makemore.layer.Linear;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.layer.Sequential;
import org.jspecify.annotations.Nullable;

/**
 * The language model of lecture 7, in each of its stages.
 *
 * <p>Input: numbers of characters, (B, T) and INT64, with T at most the block size. Output: logits
 * for the character that follows each position, (B, T, V).
 */
public final class Gpt extends Layer implements FusableBlock {

    private final GptConfig config;
    private final GptCompute compute;
    private final GptOperations operations;
    private final Embedding tokens;
    private final @Nullable Embedding positions;
    private final List<? extends Layer> body;
    private final @Nullable LayerNorm norm;
    private final @Nullable Linear head;

    /**
     * Makes a model without values; they come when it is initialized or loaded.
     *
     * @param config its sizes and parts
     * @param compute how it is computed
     */
    public Gpt(GptConfig config, GptCompute compute) {
        this.config = config;
        this.compute = compute;
        operations = GptOperations.of(compute.gradients(), compute.bfloat16());
        Gradients gradients = compute.gradients();
        long channels = config.embedding();
        boolean bigram = config.structure() == Structure.BIGRAM;
        tokens =
                addChildBlock(
                        "token_embedding_table",
                        new Embedding(
                                gradients,
                                config.vocabSize(),
                                bigram ? config.vocabSize() : channels));
        positions =
                bigram
                        ? null
                        : addChildBlock(
                                "position_embedding_table",
                                new Embedding(gradients, config.blockSize(), channels));
        body = body();
        norm =
                config.finalNorm()
                        ? addChildBlock("ln_f", new LayerNorm(gradients, channels))
                        : null;
        head =
                bigram
                        ? null
                        : addChildBlock(
                                "lm_head",
                                Linear.pyTorch(gradients, channels, config.vocabSize(), true));
    }

    private List<? extends Layer> body() {
        return switch (config.structure()) {
            case BIGRAM, EMBEDDING -> List.of();
            case HEAD ->
                    List.of(
                            addChildBlock(
                                    "sa_head",
                                    new Head(
                                            operations,
                                            config.embedding(),
                                            config.embedding(),
                                            config.dropout())));
            case HEADS -> {
                Layer heads = addChildBlock("sa_heads", new MultiHeadAttention(config, operations));
                yield config.feedForward() == 0
                        ? List.of(heads)
                        : List.of(
                                heads, addChildBlock("ffwd", new FeedForward(config, operations)));
            }
            case BLOCKS ->
                    addChildBlock(
                                    "blocks",
                                    new Sequential(
                                            IntStream.range(0, config.layers())
                                                    .mapToObj(
                                                            i ->
                                                                    new GptBlock(
                                                                            config,
                                                                            compute.gradients(),
                                                                            operations))
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
     * Returns how it is computed.
     *
     * @return what the model was made with
     */
    public GptCompute compute() {
        return compute;
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
                operations.embed(
                        x,
                        Weights.of(pass, tokens, "weight"),
                        positions == null ? null : Weights.of(pass, positions, "weight"));
        for (Layer layer : body) {
            y =
                    compute.checkpointing() && pass.training()
                            ? checkpointed(layer, y, pass)
                            : pass.run(layer, y); // (B, T, C)
        }
        if (norm != null) {
            y = pass.run(norm, y);
        }
        return head == null
                ? y
                : operations.linear(
                        y, Weights.of(pass, head, "weight"), Weights.of(pass, head, "bias"));
    }

    @Override
    public int blockSize() {
        return config.blockSize();
    }

    @Override
    public Gradients gradients() {
        return compute.gradients();
    }

    /**
     * Returns the model as parts of a fused training step, of sequences of the block size.
     *
     * @return the parts; none with dropout, bfloat16 or checkpointing, and none where a residual
     *     goes around a layer that needs its own result in backward
     */
    @Override
    public List<FusedLayer> fused() {
        boolean plain = config.dropout() == 0 && !compute.bfloat16() && !compute.checkpointing();
        boolean keepsResults = config.projection() || config.feedForward() == 0;
        if (!plain || (config.residual() && !keepsResults)) {
            return List.of();
        }
        List<FusedLayer> parts = new ArrayList<>(tokens.fused());
        if (positions != null) {
            parts.add(new FusedPositions(positions.weight()));
        }
        body.forEach(layer -> parts.addAll(layer.fused()));
        if (norm != null) {
            parts.addAll(norm.fused());
        }
        if (head != null) {
            parts.addAll(head.fused());
        }
        return parts;
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
     * Computes the mean cross entropy of logits.
     *
     * @param logits what the model returned, (B, T, V)
     * @param targets the characters that follow, (B, T), INT64
     * @return a scalar
     */
    public NDArray loss(NDArray logits, NDArray targets) {
        return compute.gradients()
                .operations()
                .crossEntropy(logits.reshape(-1, config.vocabSize()), targets.reshape(-1));
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
