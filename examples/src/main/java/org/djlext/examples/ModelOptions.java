/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that choose a model and its sizes. What is not given is the lecture's. */
final class ModelOptions {

    /** Reads the name of a model. */
    static final class TypeConverter implements ITypeConverter<ModelType> {
        @Override
        public ModelType convert(String value) {
            try {
                return ModelType.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    @Option(
            names = "--type",
            paramLabel = "MODEL",
            converter = TypeConverter.class,
            description =
                    "bigram, mlp, mlp-bn (default), deep, wavenet, rnn, gru, bow, transformer, or"
                            + " makemore-mlp")
    private @Nullable ModelType type;

    @Option(names = "--block-size", description = "how many characters the model sees")
    private @Nullable Integer blockSize;

    @Option(
            names = "--layers",
            description = "hidden layers (deep), levels (wavenet), blocks (transformer)")
    private @Nullable Integer layers;

    @Option(names = "--embedding", description = "the length of a character's vector")
    private @Nullable Integer embedding;

    @Option(names = "--hidden", description = "the number of hidden units")
    private @Nullable Integer hidden;

    @Option(names = "--heads", description = "attention heads of the transformer")
    private @Nullable Integer heads;

    @Option(
            names = "--init",
            description =
                    "how the mlp starts: original (all standard normal), softmax, tanh or kaiming"
                            + " (default)")
    private @Nullable MlpInit init;

    /** Returns the model, mlp-bn if none is given. */
    ModelType type() {
        return type == null ? ModelType.MLP_BN : type;
    }

    /** Returns the model if one is given. */
    @Nullable ModelType givenType() {
        return type;
    }

    /** Returns the options that are given, but for the type. */
    List<String> givenSizes() {
        List<String> given = new ArrayList<>();
        add(given, "--block-size", blockSize);
        add(given, "--layers", layers);
        add(given, "--embedding", embedding);
        add(given, "--hidden", hidden);
        add(given, "--heads", heads);
        add(given, "--init", init);
        return given;
    }

    static void add(List<String> given, String option, @Nullable Object value) {
        if (value != null) {
            given.add(option);
        }
    }

    /**
     * Returns the sizes.
     *
     * @throws IllegalArgumentException if they do not fit each other
     */
    ModelConfig config(int vocabSize, int longest) {
        ModelConfig defaults = type().defaults(vocabSize, longest);
        return defaults.toBuilder()
                .blockSize(or(blockSize, defaults.blockSize()))
                .layers(or(layers, defaults.layers()))
                .embedding(or(embedding, defaults.embedding()))
                .hidden(or(hidden, defaults.hidden()))
                .heads(or(heads, defaults.heads()))
                .init(init == null ? defaults.init() : init)
                .build();
    }

    private static int or(@Nullable Integer given, int otherwise) {
        return given == null ? otherwise : given;
    }
}
