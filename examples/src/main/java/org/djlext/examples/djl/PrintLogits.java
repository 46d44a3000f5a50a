/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.train.SavedModel;
import org.djlext.nn.Cache;

/**
 * The logits of a trained model for each character that may follow a prefix, to be compared with
 * those of another program, such as {@code docs/logits.py}.
 */
public final class PrintLogits {

    private PrintLogits() {}

    /**
     * The main.
     *
     * @param args a checkpoint that {@code makemore train} has written, and a prefix
     */
    public static void main(String[] args) {
        run(Output.console(), Path.of(args[0]), args[1]);
    }

    /** Prints the number of each character with its logit, a line each. */
    static void run(Output out, Path checkpoint, String prefix) {
        try (NDManager manager = NDManager.newBaseManager();
                Cache cache = new Cache(manager)) {
            SavedModel saved = SavedModel.load(checkpoint, manager);
            NDArray x = manager.create(tokens(saved.vocabulary(), prefix)).expandDims(0); // (1, T)
            NDArray logits = saved.model().call(new ParameterStore(manager, false), x, cache);
            float[] all = logits.toFloatArray(); // (1, V) or, of every position, (1, T, V)
            int size = saved.vocabulary().size();
            float[] last = Arrays.copyOfRange(all, all.length - size, all.length);
            for (int i = 0; i < size; i++) {
                out.line("%d %.7g", i, last[i]);
            }
        }
    }

    private static long[] tokens(Vocabulary vocabulary, String prefix) {
        LongStream start = vocabulary.hasSeparator() ? LongStream.of(0) : LongStream.empty();
        return LongStream.concat(start, Arrays.stream(vocabulary.encode(prefix)).asLongStream())
                .toArray();
    }
}
