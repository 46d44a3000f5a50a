/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.djlext.files.Json;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.PublishedFile;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.Checkpoint;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.nn.ParameterNames;
import org.jspecify.annotations.Nullable;

/**
 * A model and its vocabulary, as checkpoints hold them.
 *
 * @param model the model, with its values
 * @param vocabulary the numbers of the characters
 * @param text the sha256 of the text that it was trained on, or null if that is not known
 */
public record SavedGpt(Gpt model, CharVocabulary vocabulary, @Nullable String text) {

    /** The kind of checkpoint. */
    public static final String FORMAT = "gpt";

    /** The version of this kind. */
    public static final int VERSION = 1;

    private static final String PREFIX = "model/";
    private static final String TEXT = "text";

    /**
     * Returns what a text is told from others by.
     *
     * @param text the text
     * @return its sha256
     */
    public static String hash(String text) {
        return PublishedFile.sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Loads the model of a checkpoint.
     *
     * @param file the checkpoint
     * @param manager the manager of the parameters
     * @return the model
     * @throws CheckpointException if it cannot be read
     */
    public static SavedGpt load(Path file, NDManager manager) {
        try (NDManager sub = manager.newSubManager()) {
            return of(Checkpoint.read(file, FORMAT, VERSION, sub), manager, GptCompute.ENGINE);
        } catch (IllegalArgumentException e) {
            throw CheckpointException.of(file, e);
        }
    }

    /**
     * Takes the model out of a checkpoint.
     *
     * @throws CheckpointException if a tensor does not fit
     * @throws IllegalArgumentException if the header does not
     */
    static SavedGpt of(Checkpoint checkpoint, NDManager manager, GptCompute compute) {
        JsonObject header = checkpoint.header();
        GptConfig config = config(Json.object(header, "model"));
        CharVocabulary vocabulary =
                (CharVocabulary) Vocabulary.of(Json.object(header, "vocabulary"));
        JsonElement text = header.get(TEXT);
        if (config.vocabSize() != vocabulary.size()) {
            throw new IllegalArgumentException("its vocabulary must have the size of the model");
        }
        Gpt model = new Gpt(config.computed(compute.bfloat16(), compute.checkpointing()));
        checkpoint.checkShapes(PREFIX, ParameterNames.shapes(model));
        model.initialize(manager, DataType.FLOAT32);
        checkpoint.copyInto(PREFIX, ParameterNames.arrays(model));
        return new SavedGpt(
                model,
                vocabulary,
                text == null || text.isJsonNull() ? null : Json.text(header, TEXT));
    }

    static GptConfig config(JsonObject description) {
        if (ModelConfig.of(description) instanceof GptConfig config) {
            return config;
        }
        throw new IllegalArgumentException("its model must be a GPT, but is another");
    }

    /** Adds model and vocabulary to what is written. */
    void addTo(JsonObject header, Map<String, NDArray> tensors) {
        header.add("model", model.config().description());
        header.add("vocabulary", vocabulary.description());
        header.addProperty(TEXT, text);
        ParameterNames.arrays(model).forEach((name, array) -> tensors.put(PREFIX + name, array));
    }
}
