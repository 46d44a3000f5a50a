/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.djlext.makemore.model.ModelType.BIGRAM;
import static org.djlext.makemore.model.ModelType.DEEP;
import static org.djlext.makemore.model.ModelType.GPT;
import static org.djlext.makemore.model.ModelType.MLP;
import static org.djlext.makemore.model.ModelType.TRANSFORMER;
import static org.djlext.makemore.model.ModelType.WAVENET;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelConfigBuilder;
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
                    "bigram, mlp, mlp-bn (default), deep, wavenet, rnn, gru, bow, transformer,"
                            + " makemore-mlp or gpt")
    private @Nullable ModelType type;

    @Option(
            names = "--block-size",
            paramLabel = "N",
            description = "how many characters the model sees")
    private @Nullable Integer blockSize;

    @Option(
            names = "--layers",
            paramLabel = "N",
            description = "hidden layers (deep), levels (wavenet), blocks (transformer, gpt)")
    private @Nullable Integer layers;

    @Option(
            names = "--embedding",
            paramLabel = "N",
            description = "the length of a character's vector")
    private @Nullable Integer embedding;

    @Option(names = "--hidden", paramLabel = "N", description = "the number of hidden units")
    private @Nullable Integer hidden;

    @Option(
            names = "--heads",
            paramLabel = "N",
            description = "attention heads of the transformer and the gpt")
    private @Nullable Integer heads;

    @Option(
            names = "--init",
            paramLabel = "NAME",
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
        return sizes().stream().filter(size -> size.value != null).map(Size::option).toList();
    }

    /** An option, its value, and the models that have a use for it. */
    private record Size(String option, @Nullable Object value, Set<ModelType> users) {}

    private List<Size> sizes() {
        return List.of(
                new Size("--block-size", blockSize, EnumSet.allOf(ModelType.class)),
                new Size("--layers", layers, EnumSet.of(DEEP, WAVENET, TRANSFORMER, GPT)),
                new Size("--embedding", embedding, EnumSet.complementOf(EnumSet.of(BIGRAM))),
                new Size(
                        "--hidden",
                        hidden,
                        EnumSet.complementOf(EnumSet.of(BIGRAM, TRANSFORMER, GPT))),
                new Size("--heads", heads, EnumSet.of(TRANSFORMER, GPT)),
                new Size("--init", init, EnumSet.of(MLP)));
    }

    private void refuseUnused() {
        for (Size size : sizes()) {
            if (size.value != null && !size.users.contains(type())) {
                throw new IllegalArgumentException(
                        size.option
                                + " changes nothing in "
                                + type()
                                + "; it is for "
                                + size.users.stream()
                                        .map(ModelType::toString)
                                        .collect(Collectors.joining(", ")));
            }
        }
    }

    static void add(List<String> given, String option, @Nullable Object value) {
        if (value != null) {
            given.add(option);
        }
    }

    /**
     * Returns the sizes.
     *
     * @throws IllegalArgumentException if they do not fit each other, or the model has no use for
     *     one that is given
     */
    ModelConfig config(int vocabSize, int longest) {
        refuseUnused();
        ModelConfigBuilder sizes = type().defaults(vocabSize, longest).toBuilder();
        ifGiven(blockSize, sizes::blockSize);
        ifGiven(layers, sizes::layers);
        ifGiven(embedding, sizes::embedding);
        ifGiven(hidden, sizes::hidden);
        ifGiven(heads, sizes::heads);
        ifGiven(init, sizes::init);
        return sizes.build();
    }

    private static <T> void ifGiven(@Nullable T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }
}
