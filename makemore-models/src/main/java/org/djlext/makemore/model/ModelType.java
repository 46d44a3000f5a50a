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
    BIGRAM("bigram", Bigram.Config.class),
    /** The MLP of makemore 2, after Bengio et al. (2003). */
    MLP("mlp", Mlp.Config.class),
    /** The MLP of makemore 3 with batch normalization. */
    MLP_BN("mlp-bn", MlpBatchNorm.Config.class),
    /** The six-layer network of makemore 3. */
    DEEP("deep", DeepMlp.Config.class),
    /** The tree of makemore 5, after WaveNet. */
    WAVENET("wavenet", WaveNet.Config.class),
    /** The makemore program's MLP, which predicts at every position. */
    MAKEMORE_MLP("makemore-mlp", MakemoreMlp.Config.class),
    /** The makemore program's recurrent network. */
    RNN("rnn", Rnn.Config.class),
    /** The makemore program's gated recurrent network. */
    GRU("gru", Gru.Config.class),
    /** The makemore program's bag of words. */
    BOW("bow", BagOfWords.Config.class),
    /** The makemore program's transformer, which is GPT-2's. */
    TRANSFORMER("transformer", Transformer.Config.class),
    /** The GPT of lecture 7. */
    GPT("gpt", GptConfig.class);

    private final String label;
    private final Class<? extends ModelConfig> config;

    ModelType(String label, Class<? extends ModelConfig> config) {
        this.label = label;
        this.config = config;
    }

    /** Returns the record of the model's sizes. */
    Class<? extends ModelConfig> config() {
        return config;
    }

    /** Returns the type of a model with these sizes. */
    static ModelType of(ModelConfig sizes) {
        return Arrays.stream(values())
                .filter(type -> type.config.isInstance(sizes))
                .findFirst()
                .orElseThrow();
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
     * Returns the sizes that the lecture or the program gives the model.
     *
     * @param vocabSize the number of characters, with the one for start and end
     * @param longest the length of the longest name
     * @return the sizes
     */
    public ModelConfig defaults(int vocabSize, int longest) {
        ModelConfigBuilder sizes = ModelConfig.builder(this, vocabSize);
        return switch (this) {
            case MLP, MLP_BN -> sizes.blockSize(3).embedding(10).hidden(200).layers(1).build();
            case DEEP -> sizes.blockSize(3).embedding(10).hidden(100).layers(5).build();
            case WAVENET -> sizes.blockSize(8).embedding(24).hidden(128).layers(3).build();
            case GPT -> sizes.blockSize(longest + 1).embedding(64).layers(3).build();
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
