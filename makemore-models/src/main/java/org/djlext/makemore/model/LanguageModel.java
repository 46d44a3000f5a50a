/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import java.util.List;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.Examples;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.nn.Layer;
import org.djlext.nn.ParameterNames;
import org.djlext.nn.Reduction;

/**
 * A model of the next character.
 *
 * <p>Input: the numbers of characters, (B, T) and INT64. Output: logits for the character that
 * comes next, (B, V); or, where {@link #everyPosition} is true, for the one that follows each
 * position, (B, T, V). With a {@link org.djlext.nn.Cache} the input is what is new of each text, of
 * any length.
 */
public abstract class LanguageModel extends Layer {

    /** The label of a position that has nothing to predict. */
    public static final long IGNORED = -1;

    private final Loss loss = newLoss();
    private final ModelConfig config;

    /**
     * Makes a model without layers.
     *
     * @param config its sizes
     * @throws IllegalArgumentException if one is out of range, or they do not fit each other
     */
    protected LanguageModel(ModelConfig config) {
        config.check();
        this.config = config;
    }

    /** {@return the sizes} */
    public ModelConfig config() {
        return config;
    }

    /**
     * {@return whether there are logits for each position, (B, T, V), and input may be shorter than
     * the block size} Otherwise input has the block size, filled up on the left with the number 0.
     */
    public boolean everyPosition() {
        return true;
    }

    /**
     * Gives the parameters their initial values, drawn from the engine's generator.
     *
     * @param manager the manager of the parameters, which decides on the device
     * @param type their type, usually FLOAT32
     */
    public final void initialize(NDManager manager, DataType type) {
        initialize(manager, type, new Shape(1, config.blockSize()));
    }

    /** {@return how many numbers are trained; running statistics are not among them} */
    public final long parameterCount() {
        return ParameterNames.trained(this).values().stream()
                .mapToLong(parameter -> parameter.getShape().size())
                .sum();
    }

    /**
     * {@return the examples that the model needs of a part of the data, in their order}
     *
     * @param corpus the data
     * @param part the part of them
     * @throws DataFileException if the data do not fit the block size
     */
    public final Examples examples(Corpus corpus, Corpus.Part part) {
        return corpus.examples(part, everyPosition(), config.blockSize());
    }

    /**
     * {@return the examples that the model needs of names, in their order}
     *
     * @param names the names
     * @param vocabulary the numbers of their characters
     * @throws DataFileException if a name does not fit the block size
     */
    public final Examples examples(List<String> names, CharVocabulary vocabulary) {
        return Examples.of(names, vocabulary, everyPosition(), config.blockSize());
    }

    /**
     * {@return the loss that models are trained with: the mean cross entropy over all positions
     * that have something to predict}
     */
    public static Loss newLoss() {
        return new CrossEntropyLoss(
                "CrossEntropy", new CrossEntropyFunction(Reduction.MEAN, IGNORED));
    }

    /**
     * {@return the mean cross entropy of logits, a scalar}
     *
     * @param logits what the model returned
     * @param targets (B) or (B, T), INT64; {@link #IGNORED} where nothing is to be predicted
     */
    public final NDArray loss(NDArray logits, NDArray targets) {
        return loss.evaluate(new NDList(targets), new NDList(logits));
    }

    /**
     * Returns the last characters before the input, as many as the block size, and then the input:
     * (B, blockSize + T). Before the start of a text there are blanks; a cache keeps the last ones.
     */
    final NDArray withBefore(NDArray x, Pass pass, int blank) {
        NDList characters = pass.before(this);
        if (characters.isEmpty()) {
            Shape blanks = new Shape(x.getShape().get(0), config.blockSize());
            characters.add(x.getManager().full(blanks, blank, x.getDataType()));
        }
        characters.add(x);
        NDArray all = NDArrays.concat(characters, 1);
        pass.keep(this, () -> last(all));
        return all;
    }

    /** Returns as many of the last characters as the block size, (B, blockSize). */
    final NDArray last(NDArray characters) {
        return characters.get(":, -" + config.blockSize() + ":");
    }

    @Override
    protected Shape outputShape(Shape input) {
        return everyPosition()
                ? input.add(config.vocabSize())
                : new Shape(input.get(0), config.vocabSize());
    }

    /** Returns the type, and the number of parameters if they have values. */
    @Override
    public String toString() {
        return isInitialized()
                ? config.type() + " with " + parameterCount() + " parameters"
                : config.type().toString();
    }
}
