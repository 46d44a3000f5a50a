/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import com.google.gson.JsonObject;
import org.djlext.files.Json;

/**
 * The sizes and the variant of a model, a record for each model; makemore's {@code ModelConfig} and
 * the hyper-parameters of the lectures.
 *
 * <p>{@link #builder} makes them all; a size that a model has no use for is ignored by it.
 */
public sealed interface ModelConfig
        permits BagOfWords.Config,
                Bigram.Config,
                DeepMlp.Config,
                GptConfig,
                Gru.Config,
                MakemoreMlp.Config,
                Mlp.Config,
                MlpBatchNorm.Config,
                Rnn.Config,
                Transformer.Config,
                WaveNet.Config {

    /** The gain for tanh, 5/3 (makemore 3). */
    double TANH_GAIN = 5.0 / 3;

    /** What a description calls the type. */
    String TYPE = "type";

    /**
     * Returns the number of characters, for names with the one for start and end.
     *
     * @return V
     */
    int vocabSize();

    /**
     * Returns how many characters the model sees at most ({@code block_size}).
     *
     * @return T
     */
    int blockSize();

    /**
     * Makes the model, without values; they come when it is initialized or loaded.
     *
     * @return the model
     */
    LanguageModel model();

    /**
     * Returns which model it is.
     *
     * @return the type
     */
    default ModelType type() {
        return ModelType.of(this);
    }

    /**
     * Tells whether a training step draws random numbers, as dropout does.
     *
     * @return true if it does
     */
    default boolean random() {
        return false;
    }

    /**
     * Describes the model in a file.
     *
     * @return JSON that {@link #of} reads: the type, and the sizes by their names
     */
    default JsonObject description() {
        JsonObject description = Json.tree(this).getAsJsonObject();
        description.addProperty(TYPE, type().toString());
        return description;
    }

    /**
     * Makes the sizes of their description.
     *
     * @param description what {@link #description} has returned, or anything
     * @return the sizes
     * @throws IllegalArgumentException if it is not such a description
     */
    static ModelConfig of(JsonObject description) {
        ModelType type = ModelType.of(Json.text(description, TYPE));
        JsonObject sizes = new JsonObject();
        sizes.add(type.toString(), description.deepCopy());
        sizes.getAsJsonObject(type.toString()).remove(TYPE);
        return Json.record(sizes, type.toString(), type.config());
    }

    /**
     * Returns a builder with the lecture's MLP in it.
     *
     * @param type the model
     * @param vocabSize the number of characters, for names with the one for start and end
     * @return the builder
     */
    static ModelConfigBuilder builder(ModelType type, int vocabSize) {
        return new ModelConfigBuilder(type).vocabSize(vocabSize);
    }

    /**
     * Returns a builder that starts from these values.
     *
     * @return the builder
     */
    default ModelConfigBuilder toBuilder() {
        return new ModelConfigBuilder(type()).sizes(this);
    }
}
