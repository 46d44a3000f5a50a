/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.djlext.nn.BatchNorm;

/** The models of the lectures and of the makemore program, by the names of the command line. */
public enum ModelType {
    /** A table of the logits of the next character, by the last one. */
    BIGRAM("bigram", Bigram.Config.class),
    /** The MLP of makemore 2, after Bengio et al. (2003). */
    MLP("mlp", Mlp.Config.class),
    /** The MLP of makemore 3 with batch normalization. */
    MLP_BN("mlp-bn", HiddenConfig.class),
    /** The six-layer network of makemore 3. */
    DEEP("deep", DeepMlp.Config.class),
    /** The tree of makemore 5, after WaveNet. */
    WAVENET("wavenet", WaveNet.Config.class),
    /** The makemore program's MLP, which predicts at every position. */
    MAKEMORE_MLP("makemore-mlp", HiddenConfig.class),
    /** The makemore program's recurrent network. */
    RNN("rnn", HiddenConfig.class),
    /** The makemore program's gated recurrent network. */
    GRU("gru", HiddenConfig.class),
    /** The makemore program's bag of words. */
    BOW("bow", HiddenConfig.class),
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
     * {@return the type of a name}
     *
     * @param label a name such as mlp-bn
     * @throws IllegalArgumentException if there is none
     */
    public static ModelType of(String label) {
        return Arrays.stream(values())
                .filter(type -> type.label.equals(label))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "a model is one of %s, but got \"%s\""
                                                .formatted(
                                                        Arrays.stream(values())
                                                                .map(ModelType::toString)
                                                                .collect(Collectors.joining(", ")),
                                                        label)));
    }

    /**
     * {@return the sizes that the lecture or the program gives the model}
     *
     * @param vocabSize the number of characters, with the one for start and end
     * @param longest the length of the longest name
     */
    public ModelConfig defaults(int vocabSize, int longest) {
        int block = longest + 1; // with a position for what starts a name
        return switch (this) {
            case BIGRAM -> new Bigram.Config(vocabSize, block);
            case MLP -> new Mlp.Config(vocabSize, 3, 10, 200, MlpInit.KAIMING);
            case MLP_BN -> new HiddenConfig(vocabSize, 3, 10, 200, this);
            case DEEP -> new DeepMlp.Config(vocabSize, 3, 10, 100, 5, true, 1, true, true);
            case WAVENET ->
                    new WaveNet.Config(
                            vocabSize, 8, 24, 128, 3, BatchNorm.Axes.BATCH_AND_POSITIONS);
            case MAKEMORE_MLP, RNN, GRU, BOW -> new HiddenConfig(vocabSize, block, 64, 64, this);
            case TRANSFORMER -> new Transformer.Config(vocabSize, block, 64, 4, 4);
            case GPT -> GptConfig.lecture(vocabSize, block, 64, 4, 3, 0);
        };
    }

    /** {@return the names of the sizes that the model has, such as heads} */
    public Set<String> sizes() {
        return Arrays.stream(config.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !name.equals(ModelConfig.TYPE))
                .collect(Collectors.toSet());
    }

    /** Checks that each name is one of a size of some model. */
    static void checkNames(Set<String> names) {
        Set<String> known =
                Arrays.stream(values())
                        .flatMap(type -> type.sizes().stream())
                        .collect(Collectors.toCollection(TreeSet::new));
        for (String name : names) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        "a size of a model is one of %s, but got \"%s\""
                                .formatted(String.join(", ", known), name));
            }
        }
    }

    /** Returns the name of the command line. */
    @Override
    public String toString() {
        return label;
    }
}
