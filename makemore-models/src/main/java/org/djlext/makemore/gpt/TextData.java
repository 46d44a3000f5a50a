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
import ai.djl.training.ParameterStore;
import java.util.Arrays;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.DataFileException;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * A text as numbers, the first nine tenths to train on and the rest to validate with, and random
 * batches of it: the lecture's {@code get_batch} and {@code estimate_loss}.
 */
public final class TextData implements AutoCloseable {

    private static final double TRAIN_SHARE = 0.9;

    // Offsets are drawn on the CPU, so that they do not depend on the device.
    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def batch(data, size: int, block: int):
                        at = torch.randint(data.size(0) - block, [size]).to(data.device)
                        steps = torch.arange(block, device=data.device)
                        x = at.unsqueeze(1) + steps
                        return data[x], data[x + 1]
                    """);
    private static final ScriptFunction BATCH = SCRIPT.function("batch");

    /** A part of the text. */
    public enum Split {
        /** The first nine tenths. */
        TRAIN,
        /** The rest. */
        VAL
    }

    /**
     * Sequences and what follows each of their characters.
     *
     * @param x (B, T), INT64
     * @param y (B, T): x one character on
     */
    public record Batch(NDArray x, NDArray y) {}

    private final NDManager manager;
    private final int blockSize;
    private final NDArray train;
    private final NDArray val;

    /**
     * Splits a text.
     *
     * @param parent its device is that of the batches
     * @param tokens the text as numbers
     * @param blockSize T, the length of the sequences
     * @throws DataFileException if a part is not longer than a sequence
     */
    public TextData(NDManager parent, int[] tokens, int blockSize) {
        this.blockSize = blockSize;
        int cut = (int) (TRAIN_SHARE * tokens.length);
        int shorter = Math.min(cut, tokens.length - cut);
        if (shorter <= blockSize) {
            throw new DataFileException(
                    "a tenth of the text, which is kept for validation, must be longer than the"
                            + " context of "
                            + blockSize
                            + " characters, but has "
                            + shorter
                            + "; take a longer text or a shorter context");
        }
        manager = parent.newSubManager();
        NDArray all = manager.create(Arrays.stream(tokens).asLongStream().toArray());
        train = all.get("0:" + cut);
        val = all.get(cut + ":");
    }

    /**
     * Returns a part of the text.
     *
     * @param split which
     * @return its numbers
     */
    public NDArray tokens(Split split) {
        return split == Split.TRAIN ? train : val;
    }

    /**
     * Draws a batch, each sequence from anywhere in the part.
     *
     * @param target the manager of the batch
     * @param split which part
     * @param size B
     * @return the batch
     */
    public Batch batch(NDManager target, Split split, int size) {
        NDList batch = BATCH.call(tokens(split), size, blockSize);
        batch.attach(target);
        return new Batch(batch.get(0), batch.get(1));
    }

    /**
     * Returns the mean loss of a number of batches, with dropout off and nothing recorded.
     *
     * @param model the model
     * @param split which part
     * @param batches how many batches; the lecture takes 200
     * @param size B
     * @return the loss
     */
    public double estimateLoss(Gpt model, Split split, int batches, int size) {
        double sum = 0;
        try (Autograd.Scope scope = Autograd.noGrad()) {
            for (int i = 0; i < batches; i++) {
                try (NDManager step = manager.newSubManager()) {
                    Batch batch = batch(step, split, size);
                    NDArray logits = model.call(new ParameterStore(step, false), batch.x, false);
                    sum += model.loss(logits, batch.y).toType(DataType.FLOAT64, false).getDouble();
                }
            }
        }
        return sum / batches;
    }

    /** Frees the text. */
    @Override
    public void close() {
        manager.close();
    }
}
