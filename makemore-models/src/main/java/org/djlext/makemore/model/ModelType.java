/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The models of the lectures and of the makemore program, by the names of the command line. */
public enum ModelType {
    /** A table of the logits of the next character, by the last one. */
    BIGRAM("bigram"),
    /** The MLP of makemore 2, after Bengio et al. (2003). */
    MLP("mlp"),
    /** The MLP of makemore 3 with batch normalization. */
    MLP_BN("mlp-bn"),
    /** The six-layer network of makemore 3. */
    DEEP("deep"),
    /** The tree of makemore 5, after WaveNet. */
    WAVENET("wavenet"),
    /** The makemore program's MLP, which predicts at every position. */
    MAKEMORE_MLP("makemore-mlp"),
    /** The makemore program's recurrent network. */
    RNN("rnn"),
    /** The makemore program's gated recurrent network. */
    GRU("gru"),
    /** The makemore program's bag of words. */
    BOW("bow"),
    /** The makemore program's transformer, which is GPT-2's. */
    TRANSFORMER("transformer");

    private final String label;

    ModelType(String label) {
        this.label = label;
    }

    /**
     * Returns the type of a name.
     *
     * @param label a name such as mlp-bn
     * @return the type
     * @throws IllegalArgumentException if there is none
     */
    public static ModelType of(String label) {
        return Arrays.stream(values())
                .filter(type -> type.label.equals(label))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "a model is one of "
                                                + Arrays.stream(values())
                                                        .map(ModelType::toString)
                                                        .collect(Collectors.joining(", "))
                                                + ", but got \""
                                                + label
                                                + "\""));
    }

    /**
     * Makes a model without values; they come when it is initialized or loaded.
     *
     * @param config its sizes, of this type
     * @return the model
     */
    LanguageModel make(ModelConfig config) {
        return switch (this) {
            case BIGRAM -> new Bigram(config);
            case MLP -> new Mlp(config);
            case MLP_BN -> new MlpBatchNorm(config);
            case DEEP -> new DeepMlp(config);
            case WAVENET -> new WaveNet(config);
            case MAKEMORE_MLP -> new MakemoreMlp(config);
            case RNN -> new Rnn(config);
            case GRU -> new Gru(config);
            case BOW -> new BagOfWords(config);
            case TRANSFORMER -> new Transformer(config);
        };
    }

    /**
     * Returns the sizes that the lecture or the program gives the model.
     *
     * @param vocabSize the number of characters, with the one for start and end
     * @param longest the length of the longest name
     * @return the sizes
     */
    public ModelConfig defaults(int vocabSize, int longest) {
        ModelConfig.Builder sizes = ModelConfig.builder(this, vocabSize);
        return switch (this) {
            case MLP, MLP_BN -> sizes.blockSize(3).embedding(10).hidden(200).layers(1).build();
            case DEEP -> sizes.blockSize(3).embedding(10).hidden(100).layers(5).build();
            case WAVENET -> sizes.blockSize(8).embedding(24).hidden(128).layers(3).build();
            // One position more than characters, for the one that starts a name.
            case BIGRAM, MAKEMORE_MLP, RNN, GRU, BOW, TRANSFORMER ->
                    sizes.blockSize(longest + 1).embedding(64).hidden(64).layers(4).build();
        };
    }

    /** Returns the name of the command line. */
    @Override
    public String toString() {
        return label;
    }
}
