/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.nn.Embedding;
import org.djlext.nn.Layer;

/**
 * Tells a report how a model looks from within.
 *
 * @param report the report
 * @param manager a manager of the model's device
 * @param model the model
 * @param loss the loss of its logits and targets
 * @param x the inputs of a batch, always the same
 * @param y its targets
 * @param training whether batch norm is to use the statistics of the batch
 * @param characters the characters of the vocabulary, in order
 */
public record ModelLook(
        TrainingReport report,
        NDManager manager,
        Layer model,
        BinaryOperator<NDArray> loss,
        NDArray x,
        NDArray y,
        boolean training,
        List<String> characters) {

    private static final int LOOKED_AT = 256;

    /**
     * Returns the numbers of a few examples from all over a data set, always the same.
     *
     * @param size the number of examples
     * @return their numbers, at most 256
     */
    public static long[] rows(long size) {
        int count = (int) Math.min(LOOKED_AT, size);
        return IntStream.range(0, count).mapToLong(i -> i * size / count).toArray();
    }

    /**
     * Looks at the model after a number of steps.
     *
     * @param stepsDone the number of steps
     */
    public void at(int stepsDone) {
        ModelHistograms seen = ModelHistograms.of(manager, model, loss, x, y, training);
        report.histograms(stepsDone, "Activations", seen.activations());
        report.histograms(stepsDone, "Gradients of activations", seen.activationGradients());
        report.histograms(stepsDone, "Weights", seen.weights());
        report.histograms(stepsDone, "Gradients of weights", seen.weightGradients());
        vectors(model, characters.size())
                .ifPresent(
                        vectors ->
                                report.embedding(
                                        stepsDone,
                                        characters,
                                        vectors.toFloatArray(),
                                        (int) vectors.getShape().get(1)));
    }

    /**
     * Finds the vectors that stand for the characters in a model.
     *
     * @param model the model, initialized
     * @param vocabSize the number of characters
     * @return (vocabSize, dim) with a dim of 2 or more, if the model has such an embedding
     */
    public static Optional<NDArray> vectors(Block model, int vocabSize) {
        return embeddings(model)
                .map(block -> block.getDirectParameters().get("weight").getArray())
                .filter(w -> w.getShape().get(0) == vocabSize && w.getShape().get(1) >= 2)
                .findFirst();
    }

    private static Stream<Embedding> embeddings(Block block) {
        Stream<Embedding> own = block instanceof Embedding e ? Stream.of(e) : Stream.empty();
        return Stream.concat(
                own, block.getChildren().values().stream().flatMap(ModelLook::embeddings));
    }
}
