/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import org.djlext.nn.EmbeddingFunction;

/**
 * The makemore program's bigram model: a table of the logits of the next character by the last one,
 * (V, V), initially 0.
 *
 * <p>The gradients of a row add up to 0, and DJL's {@code Trainer} refuses a first step whose
 * gradients add up to exactly 0. {@link org.djlext.compile.CompiledTrainer} does not.
 */
public final class Bigram extends LanguageModel {

    private final EmbeddingFunction function = new EmbeddingFunction();
    private final Parameter logits;

    /**
     * The sizes.
     *
     * @param vocabSize V, the number of characters
     * @param blockSize how many characters the model sees
     */
    public record Config(int vocabSize, int blockSize) implements ModelConfig {

        @Override
        public Bigram model() {
            return new Bigram(this);
        }
    }

    private Bigram(Config config) {
        super(config);
        logits =
                addParameter(
                        "logits",
                        Parameter.Type.WEIGHT,
                        Initializer.ZEROS,
                        config.vocabSize(),
                        config.vocabSize());
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return function.apply(x, pass.value(logits));
    }
}
