/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

/**
 * The sizes of the models that have one hidden width: {@code mlp-bn}, and the makemore program's
 * MLP, recurrent networks and bag of words.
 *
 * @param vocabSize V, the number of characters
 * @param blockSize how many characters the model sees
 * @param embedding the length of a character's vector
 * @param hidden the number of hidden units
 * @param type which of these models it is
 */
public record HiddenConfig(int vocabSize, int blockSize, int embedding, int hidden, ModelType type)
        implements ModelConfig {

    @Override
    public LanguageModel model() {
        return switch (type) {
            case MLP_BN -> new MlpBatchNorm(this);
            case MAKEMORE_MLP -> new MakemoreMlp(this);
            case RNN -> new Rnn(this);
            case GRU -> new Gru(this);
            case BOW -> new BagOfWords(this);
            default -> throw new IllegalArgumentException(type + " has other sizes than these");
        };
    }
}
