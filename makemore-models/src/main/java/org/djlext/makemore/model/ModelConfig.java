/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import com.google.gson.JsonObject;
import java.io.Serializable;
import java.util.Map;
import org.djlext.files.Json;
import org.jspecify.annotations.Nullable;

/**
 * The sizes and the variant of a model, a record for each set of sizes; makemore's {@code
 * ModelConfig} and the hyper-parameters of the lectures.
 *
 * <p>{@link ModelType#defaults} has the sizes of the lectures, and {@link #with} changes some.
 */
public sealed interface ModelConfig extends Serializable
        permits Bigram.Config,
                DeepMlp.Config,
                GptConfig,
                HiddenConfig,
                Mlp.Config,
                Transformer.Config,
                WaveNet.Config {

    /** The gain for tanh, 5/3 (makemore 3). */
    double TANH_GAIN = 5.0 / 3;

    /** What a description calls the type. */
    String TYPE = "type";

    /** {@return V, the number of characters, for names with the one for start and end} */
    int vocabSize();

    /** {@return T, how many characters the model sees at most ({@code block_size})} */
    int blockSize();

    /** {@return the model, without values; they come when it is initialized or loaded} */
    LanguageModel model();

    /**
     * Checks the sizes; a model is only made of sizes that pass.
     *
     * @throws IllegalArgumentException if one is out of range, or they do not fit each other
     */
    default void check() {
        Sizes.check(this);
    }

    /** {@return which model it is} */
    default ModelType type() {
        return ModelType.of(this);
    }

    /** {@return whether a training step draws random numbers, as dropout does} */
    default boolean random() {
        return false;
    }

    /**
     * {@return the model as JSON that {@link #of} reads: the type, and the sizes by their names}
     */
    default JsonObject description() {
        JsonObject description = Json.tree(this).getAsJsonObject();
        description.remove(TYPE); // which some records have too
        description.addProperty(TYPE, type().toString());
        return description;
    }

    /**
     * {@return the sizes of a description}
     *
     * @param description what {@link #description} has returned, or anything
     * @throws IllegalArgumentException if it is not such a description
     */
    static ModelConfig of(JsonObject description) {
        ModelType type = ModelType.of(Json.text(description, TYPE));
        JsonObject sizes = description.deepCopy();
        sizes.remove(TYPE);
        if (type.config() == HiddenConfig.class) {
            sizes.add(TYPE, Json.tree(type));
        }
        JsonObject named = new JsonObject();
        named.add(type.toString(), sizes);
        ModelConfig config = Json.record(named, type.toString(), type.config());
        config.check();
        return config;
    }

    /**
     * Returns the same model with other sizes.
     *
     * <pre>{@code
     * ModelType.WAVENET.defaults(27, 15).with(Map.of("embedding", 10, "hidden", 68))
     * }</pre>
     *
     * @param sizes values by their names in the records; null leaves one as it is, and one that
     *     this model does not have is passed over
     * @return the sizes
     * @throws IllegalArgumentException if no model has a size of a name, or they do not fit each
     *     other
     */
    default ModelConfig with(Map<String, ? extends @Nullable Object> sizes) {
        ModelType.checkNames(sizes.keySet());
        JsonObject changed = description();
        sizes.forEach(
                (name, size) -> {
                    if (size instanceof Double number) {
                        Sizes.checkFinite(name, number); // JSON has no other
                    }
                    if (size != null && changed.has(name)) {
                        changed.add(name, Json.tree(size));
                    }
                });
        return of(changed);
    }
}
