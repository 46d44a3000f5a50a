/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import java.util.Optional;
import java.util.stream.Stream;
import org.djlext.nn.Embedding;

/** Finds the vectors that stand for the characters in a model. */
public final class CharacterVectors {

    private CharacterVectors() {}

    /**
     * Returns the vectors of the characters.
     *
     * @param model the model, initialized
     * @param vocabSize the number of characters
     * @return (vocabSize, dim) with a dim of 2 or more, if the model has such an embedding
     */
    public static Optional<NDArray> of(Block model, int vocabSize) {
        return embeddings(model)
                .map(block -> block.getDirectParameters().get("weight").getArray())
                .filter(w -> w.getShape().get(0) == vocabSize && w.getShape().get(1) >= 2)
                .findFirst();
    }

    private static Stream<Embedding> embeddings(Block block) {
        Stream<Embedding> own = block instanceof Embedding e ? Stream.of(e) : Stream.empty();
        return Stream.concat(
                own, block.getChildren().values().stream().flatMap(CharacterVectors::embeddings));
    }
}
